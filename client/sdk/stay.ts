import { changed, deliver } from './deliver.ts';
import { MediaSilence } from './media-silence.ts';
import { thisPage, watchPage } from './page-watch.ts';
import { randomId } from './random-id.ts';
import { RecentTexts } from './recent-texts.ts';
import { Recordings } from './recordings.ts';
import { RoomState } from './room-state.ts';
import type { Recipients } from './deliver.ts';
import type { Admission } from './login.ts';
import type { Recording } from './recording.ts';
import type { SessionContext } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Signaling } from './signaling.ts';
import type { ConferenceOptions, LocalParticipant, RecordingOptions } from './types.ts';
import type { Answer, Notification } from './wire.ts';

export interface StayOptions {
  admission: Admission;
  signaling: Signaling;
  context: SessionContext;
  sessions: Sessions;
  emit: Recipients['emit'];
}

type Who = Pick<Admission, 'id' | 'user' | 'role' | 'permission'>;

/** A page that goes away may be reloaded: it has this time to come back with its ticket, ms. */
const returnWithinMs = 5000;

const selfOf = ({ id, user, role, permission }: Who): LocalParticipant => ({
  id,
  user,
  role,
  permission: permission as LocalParticipant['permission'],
});

/** What there is from the moment one has joined: who is in the room, and who one is in it. */
export class Stay {
  readonly room: RoomState;
  readonly context: SessionContext;
  readonly #options: StayOptions;
  readonly #texts = new RecentTexts();
  readonly #silence: MediaSilence;
  #self: LocalParticipant;

  constructor(options: StayOptions) {
    const { admission, context, sessions, signaling } = options;
    this.#options = options;
    this.context = context;
    const recordings = new Recordings(async (id, operation) => {
      await context.requester.request('control-recording', { id, operation });
    });
    this.room = new RoomState(admission.id, admission.room, recordings);
    this.#self = selfOf(admission);
    this.#silence = new MediaSilence({
      receivers: () => [...sessions.subscriptions.values()].flatMap(({ receivers }) => receivers),
      onSilence: () => void signaling.doubt(),
    });
    context.link.on('lost', (event) => {
      sessions.transportsLost(event);
    });
  }

  get self(): LocalParticipant {
    return this.#self;
  }

  deliver(notification: Notification): void {
    const { sessions, emit } = this.#options;
    deliver(notification, {
      room: this.room,
      sessions,
      link: this.context.link,
      texts: this.#texts,
      emit,
      permit: (permission) => {
        this.#self = { ...this.#self, permission };
        emit('permission', { permission });
      },
    });
  }

  /** Has a view or a stream recorded. */
  async record({ stream, container }: RecordingOptions): Promise<Recording> {
    const { recording } = await this.context.requester.request('start-recording', {
      requestId: randomId(),
      ...(stream !== undefined && { stream }),
      ...(container !== undefined && { container }),
    });
    const { recordings } = this.room;
    changed(recordings.set(recording), this.#options);
    return recordings.of(recording);
  }

  /** The server has taken us back: what is not there any more is made again, what happened follows as events. */
  back(answer: Answer<'relogin'>): void {
    this.#self = selfOf(answer);
    this.context.link.back(answer.iceServers);
    // Signalling and media broke together: another address, most likely.
    if (this.#silence.silent) this.context.link.addressChanged();
    this.#options.sessions.reconcile(answer.sessions);
  }

  /** Heeds what happens to the page and to its network. Returns a function that ends it. */
  watchPage({ leaveOnPageHide = true }: ConferenceOptions): () => void {
    const page = thisPage();
    const { signaling } = this.#options;
    if (page === undefined) return () => undefined;
    this.#silence.start();
    const unwatch = watchPage(page, {
      onNetwork: ({ address }) => {
        signaling.networkChanged();
        if (address) this.context.link.addressChanged();
      },
      onHide: () => {
        if (leaveOnPageHide) signaling.sleep(returnWithinMs);
      },
      onShow: () => {
        signaling.wake();
      },
    });
    return () => {
      this.#silence.stop();
      unwatch();
    };
  }
}
