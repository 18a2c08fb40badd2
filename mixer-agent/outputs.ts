import { randomInt, randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import { PorticoError } from '../common/contract/errors.ts';
import { ProducerId, TrackId, type StreamId } from '../common/contract/ids.ts';
import type { Kind } from '../common/contract/media.ts';
import type { MixSpec, MixState, VideoOutput } from '../common/contract/mix.ts';
import { formatOf, routerRtpCapabilities } from '../common/media/codecs.ts';
import { msidOf } from '../common/media/msid.ts';
import { LayerWishes } from '../common/media/pipes/layer-wishes.ts';
import { Source, type LayerBitrates, type SourceEnd } from '../common/media/pipes/source.ts';
import type { FeedPlace } from './inputs/feeding.ts';
import { LowDemand, lowOf, type LowOutput } from './low-output.ts';
import type { MixCodec } from './mix/media.ts';
import type { LowFeed, ProcessSpec } from './mix/protocol.ts';
import { audioParameters, videoParameters, withLow } from './output-parameters.ts';
import type { MixParts } from './parts.ts';

/** The engine numbers what it sends from 10^8 to 10^9; here nothing else may have the same SSRC. */
const ssrcs = [1_000_000_000, 0xffffffff] as const;
/** Key frames of a mix are large, and everybody who joins asks for one, ms. */
const keyFrameRequestDelay = 500;

interface Output {
  readonly id: ProducerId;
  readonly kind: Kind;
  /** Of the spec. */
  readonly key: string;
  readonly codec: 'opus' | MixCodec;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly source: Source;
  /** Its smaller encoding. */
  readonly low: { readonly ssrc: number; readonly demand: LowDemand } | undefined;
}

interface WantedOutput extends Pick<Output, 'kind' | 'key' | 'codec'> {
  /** Of it and its smaller encoding; undefined: it has none. */
  readonly bitrates?: LayerBitrates | undefined;
}

/** Tells outputs apart; another codec is another output. */
const nameOf = ({ kind, key, codec }: Pick<Output, 'kind' | 'key' | 'codec'>): string =>
  `${kind}/${codec}/${key}`;

const payloadTypeOf = (codec: Output['codec']): number => {
  const found = routerRtpCapabilities.codecs?.find(({ mimeType }) =>
    mimeType.toLowerCase().endsWith(`/${codec}`),
  );
  return found?.preferredPayloadType ?? 0;
};

export interface MixOutputsOptions {
  parts: MixParts;
  place: FeedPlace;
  stream: StreamId;
  /** A smaller encoding is wanted, or not any more. */
  onChange: () => void;
}

/** What a mix sends: producers on the router of its room, one for each output, for as long as the output is wanted. */
export class MixOutputs {
  readonly #parts: MixParts;
  readonly #place: FeedPlace;
  readonly #stream: StreamId;
  readonly #onChange: () => void;
  readonly #outputs = new Map<string, Output>();

  constructor({ parts, place, stream, onChange }: MixOutputsOptions) {
    this.#parts = parts;
    this.#place = place;
    this.#stream = stream;
    this.#onChange = onChange;
  }

  /**
   * Makes what is missing and ends what is not wanted any more.
   * @throws PorticoError `worker_lost`
   */
  async set(spec: MixSpec): Promise<void> {
    const wanted = new Map(outputsOf(spec).map((output) => [nameOf(output), output]));
    for (const [name, output] of this.#outputs) {
      if (wanted.has(name)) continue;
      this.#outputs.delete(name);
      this.#end(output, 'source_ended');
    }
    for (const [name, output] of wanted) {
      if (!this.#outputs.has(name)) this.#outputs.set(name, await this.#make(output));
    }
  }

  /** What a mix process has to send for a spec that was set. */
  feeds({ outputs, video }: MixSpec): ProcessSpec['outputs'] {
    const named = ({ ssrc, payloadType }: Output) => ({ ssrc, payloadType });
    return {
      audio: outputs.audio.flatMap((key) => {
        const output = this.#outputs.get(nameOf({ kind: 'audio', key, codec: 'opus' }));
        return output === undefined ? [] : [{ key, ...named(output) }];
      }),
      video: outputs.video.flatMap((wanted) => {
        const codec = video?.format.codec as MixCodec;
        const output = this.#outputs.get(nameOf({ kind: 'video', key: wanted.key, codec }));
        if (output === undefined) return [];
        const low = lowFeed(output, lowOf(wanted));
        return [{ ...wanted, codec, ...named(output), ...(low === undefined ? {} : { low }) }];
      }),
    };
  }

  /** As the owner of the room hears it. */
  state(spec: MixSpec): Omit<MixState, 'revision'> {
    const all = [...this.#outputs.values()];
    const of = (kind: Kind) => all.filter((output) => output.kind === kind);
    const format = (kind: Kind) => {
      const [first] = of(kind);
      return first === undefined ? {} : { [kind]: formatOf(first.source.producer.rtpParameters) };
    };
    const audio = new Map(of('audio').map(({ key, id }) => [key, id]));
    return {
      router: this.#place.router.id,
      audio: spec.outputs.audio.flatMap((key) => {
        const producer = audio.get(key);
        return producer === undefined ? [] : [{ key, producer }];
      }),
      video: of('video').map(({ key, id }) => ({ key, producer: id })),
      formats: { ...format('audio'), ...format('video') },
    };
  }

  end(reason: SourceEnd): void {
    for (const output of this.#outputs.values()) this.#end(output, reason);
    this.#outputs.clear();
  }

  async #make(wanted: WantedOutput): Promise<Output> {
    const { kind, codec } = wanted;
    const { router, transport } = this.#place;
    const id = ProducerId.parse(randomUUID());
    const ssrc = this.#freeSsrc();
    const lowSsrc = wanted.bitrates === undefined ? undefined : this.#freeSsrc(ssrc);
    const payloadType = payloadTypeOf(codec);
    const rtpParameters = this.#parameters({ ...wanted, ssrc, lowSsrc, payloadType });
    const producer = await router.worker.run('produce', () =>
      transport.produce({ id, kind, rtpParameters, keyFrameRequestDelay }),
    );
    if (producer.closed)
      throw new PorticoError('worker_lost', 'the media worker was lost while it took an output');
    const source = new Source(producer, new LayerWishes(), wanted.bitrates);
    const demand = wanted.bitrates && new LowDemand(source, this.#onChange);
    const { published } = this.#parts;
    published.set(id, { source, router });
    producer.observer.once('close', () => {
      published.delete(id);
      demand?.close();
      // Closed by us it has a reason already.
      source.end('source_interrupted');
    });
    const low = lowSsrc === undefined || demand === undefined ? undefined : { ssrc: lowSsrc, demand };
    return { ...wanted, id, ssrc, payloadType, source, low };
  }

  #parameters({
    kind,
    codec,
    bitrates,
    ssrc,
    lowSsrc,
    payloadType,
  }: WantedOutput & {
    ssrc: number;
    lowSsrc: number | undefined;
    payloadType: number;
  }): types.RtpParameters {
    // One name for all outputs: they come from one clock.
    const cname = this.#stream;
    const parameters =
      codec === 'opus'
        ? audioParameters(ssrc, payloadType, cname)
        : videoParameters(codec, ssrc, payloadType, cname);
    const track = TrackId.parse(`${this.#stream}-${kind === 'audio' ? 0 : 1}`);
    const whole =
      bitrates === undefined || lowSsrc === undefined
        ? parameters
        : withLow(parameters, { ssrc: lowSsrc, bitrates });
    return { ...whole, msid: msidOf(this.#stream, track) };
  }

  #end({ source }: Output, reason: SourceEnd): void {
    source.end(reason);
    source.producer.close();
  }

  /** @param other one that is taken, too */
  #freeSsrc(other?: number): number {
    const taken = new Set([
      other,
      ...[...this.#outputs.values()].flatMap(({ ssrc, low }) => [ssrc, low?.ssrc]),
    ]);
    for (;;) {
      const ssrc = randomInt(...ssrcs);
      if (!taken.has(ssrc)) return ssrc;
    }
  }
}

/** The smaller encoding as a mix process hears of it. */
function lowFeed({ low }: Output, plan: LowOutput | undefined): LowFeed | undefined {
  if (low === undefined || plan === undefined) return undefined;
  const { active, shows } = low.demand;
  return { ssrc: low.ssrc, ...plan, active, shows };
}

function outputsOf({ outputs, video }: MixSpec): WantedOutput[] {
  return [
    ...outputs.audio.map((key) => ({ kind: 'audio' as const, key, codec: 'opus' as const })),
    ...(video === undefined ? [] : outputs.video).map((output) => ({
      kind: 'video' as const,
      key: output.key,
      codec: video?.format.codec as MixCodec,
      bitrates: bitratesOf(output),
    })),
  ];
}

function bitratesOf(output: VideoOutput): LayerBitrates | undefined {
  const low = lowOf(output);
  return low && { low: low.bitrate * 1_000, main: output.bitrate * 1_000 };
}
