import { Conference } from '../../../sdk/index.ts';
import type { JoinResult } from '../../../sdk/index.ts';
import { codeOf, explain } from '../explain.ts';
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
import { Mixing } from './mixing.ts';
import { PlaceKeeper } from './place-keeper.ts';
import { forgetPlace } from './place.ts';
import type { Place } from './place.ts';
import { Publisher } from './publisher.ts';
import { Receiver } from './receiver.ts';
import { CallRecording } from './recording.ts';
import { ScreenShare } from './screen-share.ts';
import { Tabs } from './tabs.ts';
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
  /** The place held here, or held until another tab took it. */
  #keeper: PlaceKeeper | null = null;
  readonly mixing: Mixing;
  readonly recording: CallRecording;
  readonly #tabs = new Tabs((participant) => this.#ticketOf(participant));

  constructor(store: Store, media: LocalMedia, params: PageParams) {
    this.#store = store;
    this.#media = media;
    this.#params = params;
    this.mixing = new Mixing(store, () => this.#running ?? undefined);
    this.recording = new CallRecording(store, () => this.#running?.conference);
    window.portico = {};
    media.onNotice = (text) => {
      if (store.state.screen === 'call') store.dispatch({ type: 'toast', tone: 'warning', text });
    };
  }

  readonly join = async (request: JoinRequest): Promise<void> => {
    await this.#join(request, this.#store.state.direct);
  };

  readonly rejoin = async (): Promise<void> => {
    if (!this.#lastRequest) return;
    void this.#media.reopen();
    await this.#join(this.#lastRequest, true);
  };

  readonly comeBack = async (place: Place): Promise<boolean> => {
    const { room, user, role, ticket, since, mic, camera } = place;
    this.#lastRequest = { room, user, role };
    this.#store.dispatch({ type: 'joining', room, direct: true });
    void this.#media.turn({ mic, camera });
    const conference = this.#create(since);
    try {
      this.#enter(conference, await conference.rejoin(ticket), since);
      return true;
    } catch (error) {
      const refused = codeOf(error)?.startsWith('ticket_') ?? false;
      // A server that is away for a while may take the ticket after the next reload.
      if (refused) forgetPlace(room);
      this.#store.dispatch(
        refused ? { type: 'back-to-prejoin' } : { type: 'join-failed', message: explain(error) },
      );
      return false;
    }
  };

  readonly takeBack = async (): Promise<void> => {
    const keeper = this.#keeper;
    const ticket = keeper === null ? undefined : await this.#tabs.ask(keeper.participant);
    const place = keeper?.place;
    if (place && ticket !== undefined && (await this.comeBack({ ...place, ticket }))) return;
    await this.rejoin();
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
    const since = Date.now();
    const conference = this.#create(since);
    try {
      this.#enter(conference, await conference.join(answer.token), since);
      // A token joins once: for another time a new one is asked for.
      const { room, user, role } = request;
      this.#lastRequest = { room, user, role };
    } catch (error) {
      dispatch({ type: 'join-failed', message: explain(error) });
    }
  }

  #create(since: number): Conference {
    const conference = new Conference({ iceTransportPolicy: this.#params.iceTransportPolicy });
    window.portico = { conference };
    const keeper = new PlaceKeeper(conference, this.#media, since);
    conference.once('ticket', () => {
      this.#keeper = keeper;
    });
    connectEvents(conference, {
      store: this.#store,
      receiver: () => this.#running?.receiver,
      onClosed: () => {
        this.#end(conference);
      },
    });
    return conference;
  }

  #ticketOf(participant: string): string | undefined {
    const keeper = this.#running === null ? null : this.#keeper;
    return keeper?.participant === participant ? keeper.place?.ticket : undefined;
  }

  #enter(conference: Conference, result: JoinResult, since: number): void {
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
      at: since,
    });
    showInAddress(result.room);
    const video = { simulcast, ...(codec === undefined ? {} : { codec }) };
    const publisher = new Publisher({ conference, store, media: this.#media, permission, video });
    this.#running = { conference, receiver, publisher, screen: new ScreenShare(conference, store) };
    receiver.add(...result.streams);
    this.recording.follow(conference);
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
