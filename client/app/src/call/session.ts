import { Conference } from '../../../sdk/index.ts';
import type { JoinResult } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import { isActive } from '../media/local-media.ts';
import type { LocalMedia } from '../media/local-media.ts';
import { problemSentence } from '../media/problems.ts';
import type { CaptureSource } from '../media/problems.ts';
import type { PageParams } from '../params.ts';
import { isScreen } from '../state/selectors.ts';
import type { Store } from '../state/store.ts';
import type { Kind } from '../state/types.ts';
import { requestToken } from '../token.ts';
import type { CallControls, JoinRequest } from './controls.ts';
import { sendMessage } from './chat.ts';
import { connectEvents } from './events.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { ScreenShare } from './screen-share.ts';
import { toPermission, toPerson, toSelf } from './translate.ts';

/** The parts of a running call. */
interface Running {
  conference: Conference;
  receiver: Receiver;
  publisher: Publisher;
  screen: ScreenShare;
}

declare global {
  interface Window {
    /** A debugging aid: the present call, for the console and for tests. Not an interface to build on. */
    portico: { conference?: Conference };
  }
}

/** So that a reload leads back to the room. A token has done its work and is nobody's business in a history. */
const showInAddress = (room: string): void => {
  const address = new URL(location.href);
  address.searchParams.set('room', room);
  address.searchParams.delete('token');
  history.replaceState(null, '', address);
};

/** Carries out what the page asks for, and turns what happens in the conference into state. */
export class CallSession implements CallControls {
  readonly #store: Store;
  readonly #media: LocalMedia;
  readonly #params: PageParams;
  #running: Running | null = null;
  #lastRequest: JoinRequest | null = null;

  constructor(store: Store, media: LocalMedia, params: PageParams) {
    this.#store = store;
    this.#media = media;
    this.#params = params;
    window.portico = {};
    media.onNotice = (text) => {
      if (store.state.screen === 'call') store.dispatch({ type: 'toast', tone: 'warning', text });
    };
    // Others see us leave at once, not after the time that a lost connection is given.
    window.addEventListener('pagehide', () => void this.#running?.conference.leave());
  }

  readonly join = async (request: JoinRequest): Promise<void> => {
    await this.#join(request, this.#store.state.direct);
  };

  readonly rejoin = async (): Promise<void> => {
    if (!this.#lastRequest) return;
    void this.#media.reopen();
    await this.#join(this.#lastRequest, true);
  };

  readonly leave = async (): Promise<void> => {
    await this.#running?.conference.leave();
  };

  readonly toggle = (source: CaptureSource): void => {
    void this.#toggle(source);
  };

  readonly toggleScreen = (): void => {
    void this.#running?.screen.toggle();
  };

  readonly say = (text: string): void => {
    if (this.#running) void sendMessage(this.#running.conference, this.#store, text);
  };

  readonly muteOther = (participant: string): void => {
    const streams = Object.values(this.#store.state.streams);
    const speaking = streams.filter(
      (stream) => stream.owner === participant && stream.audio?.muted === false && !isScreen(stream),
    );
    for (const { id } of speaking) this.#try((conference) => conference.muteParticipant(id, 'audio'));
  };

  readonly remove = (participant: string): void => {
    this.#try((conference) => conference.drop(participant));
  };

  readonly attach = (id: string, kind: Kind, element: HTMLMediaElement): (() => void) => {
    const running = this.#running;
    if (!running) return () => {};
    const { publication: screen } = running.screen;
    const own = screen?.id === id ? screen : running.publisher.publicationOf(id);
    if (!own) return running.receiver.attach(id, kind, element);
    element.srcObject = own.mediaStream;
    return () => {
      element.srcObject = null;
    };
  };

  async #join(request: JoinRequest, direct: boolean): Promise<void> {
    const { dispatch } = this.#store;
    this.#lastRequest = request;
    dispatch({ type: 'joining', room: request.room, direct });
    const answer = request.token
      ? { kind: 'token' as const, token: request.token }
      : await requestToken(request);
    if (answer.kind === 'own') {
      dispatch({ type: 'token-needed' });
      return;
    }
    if (answer.kind === 'error') {
      dispatch({ type: 'join-failed', message: answer.text });
      return;
    }
    const conference = new Conference({ iceTransportPolicy: this.#params.iceTransportPolicy });
    window.portico = { conference };
    connectEvents(conference, {
      store: this.#store,
      receiver: () => this.#running?.receiver,
      onClosed: () => {
        this.#end(conference);
      },
    });
    try {
      this.#enter(conference, await conference.join(answer.token));
    } catch (error) {
      dispatch({ type: 'join-failed', message: explain(error) });
    }
  }

  #enter(conference: Conference, result: JoinResult): void {
    const { codec, simulcast } = this.#params;
    const store = this.#store;
    const self = toSelf(result.self);
    const permission = toPermission(result.self.permission);
    const receiver = new Receiver(conference, store, permission);
    store.dispatch({
      type: 'joined',
      self,
      room: result.room,
      people: result.participants.map(toPerson),
      at: Date.now(),
    });
    showInAddress(result.room);
    const video = { simulcast, ...(codec === undefined ? {} : { codec }) };
    const publisher = new Publisher({ conference, store, media: this.#media, permission, video });
    this.#running = { conference, receiver, publisher, screen: new ScreenShare(conference, store) };
    for (const stream of result.streams) receiver.add(stream);
  }

  /** Devices are switched off with the call; what the person chose stays known for the next one. */
  #end(conference: Conference): void {
    if (this.#running?.conference !== conference) return;
    this.#running.publisher.stop();
    void this.#running.screen.stop();
    this.#running = null;
    void this.#media.close();
  }

  async #toggle(source: CaptureSource): Promise<void> {
    const on = !isActive(this.#media.snapshot, source);
    await this.#media.turn({ [source]: on });
    const problem = this.#media.snapshot.problems[source];
    if (!on || problem === undefined) return;
    await this.#media.turn({ [source]: false });
    this.#store.dispatch({ type: 'toast', tone: 'warning', text: problemSentence(source, problem) });
  }

  /** Does something whose result shows by itself; a failure is told in a sentence. */
  #try(work: (conference: Conference) => Promise<void>): void {
    if (!this.#running) return;
    work(this.#running.conference).catch((error: unknown) => {
      this.#store.dispatch({ type: 'toast', tone: 'error', text: explain(error) });
    });
  }
}
