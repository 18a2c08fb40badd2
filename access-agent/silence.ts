import type { types } from 'mediasoup';

/** How often a track that mediasoup does not watch is looked at, and how long all must be silent, ms. */
const lookMs = 1_000;
/** The same while the client is away, ms. */
const lookBackMs = 100;

export interface SilenceListener {
  /** Everything that arrived from the client so far, bytes. */
  received(): Promise<number>;
  /** Nothing arrives any more, neither of this track nor anything else of its transport. */
  away(): void;
  /** Packets arrive again. */
  back(): void;
}

/**
 * Notices within about 2.5 s that the network of a publisher is gone, and at once that it is back. A track that is merely
 * still does not count: a shared screen without change goes on sending RTCP.
 */
export function watchSilence(producer: types.Producer, listener: SilenceListener): void {
  // mediasoup tells the silence of tracks with several layers (score 0 after 1.5 s), and of no others.
  const scored = producer.type === 'simulcast' && (producer.rtpParameters.encodings ?? []).length > 1;
  const stop = scored ? watchScores(producer, listener) : look(listener);
  producer.observer.once('close', stop);
}

function watchScores(producer: types.Producer, listener: SilenceListener): () => void {
  let timer: NodeJS.Timeout | undefined;
  let silent = false;
  let away = false;

  const confirm = async () => {
    const before = await listener.received();
    if (!silent) return;
    timer = setTimeout(() => {
      void listener.received().then((after) => {
        if (!silent || after !== before) return;
        away = true;
        listener.away();
      }, ignore);
    }, lookMs);
  };
  const onScore = (scores: types.ProducerScore[]) => {
    const wasSilent = silent;
    silent = scores.length > 0 && scores.every(({ score }) => score === 0);
    if (silent === wasSilent) return;
    clearTimeout(timer);
    if (silent) confirm().catch(ignore);
    else if (away) {
      away = false;
      listener.back();
    }
  };
  producer.on('score', onScore);
  return () => {
    silent = false;
    clearTimeout(timer);
    producer.off('score', onScore);
  };
}

function look(listener: SilenceListener): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let before: number | undefined;
  /** Looks in a row that found nothing new. */
  let nothing = 0;
  let away = false;

  const once = async () => {
    const received = await listener.received();
    nothing = received === before ? nothing + 1 : 0;
    before = received;
    if (stopped) return;
    if (!away && nothing >= 2) {
      away = true;
      listener.away();
    } else if (away && nothing === 0) {
      away = false;
      listener.back();
    }
    next();
  };
  const next = () => {
    timer = setTimeout(
      () => {
        once().catch(ignore);
      },
      away ? lookBackMs : lookMs,
    );
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** The worker or the transport is going away, and the track with it. */
function ignore(): void {}
