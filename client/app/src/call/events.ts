import type { Conference, ConferenceEvents } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import type { Store } from '../state/store.ts';
import type { Receiver } from './receiver.ts';
import { toEndReason, toPerson } from './translate.ts';

interface EventTargets {
  store: Store;
  /** Absent until joined: what happened before is in the result of `join`. */
  receiver: () => Receiver | undefined;
  onClosed: () => void;
}

/** Longer ones are cut: nobody reads them, and the page has to stay quick. */
const maxShown = 10_000;

/** Messages of other applications in the same room may be any JSON: only text is a chat message. */
const showText = ({ dispatch, state }: Store, event: ConferenceEvents['text'], count: number): void => {
  const { from, to, message, id } = event;
  // What one says oneself is shown when it is sent.
  if (typeof message !== 'string' || from === state.self?.id) return;
  dispatch({
    type: 'message',
    message: {
      key: id ?? `text-${String(count)}`,
      from,
      name: state.people[from]?.user ?? from,
      mine: false,
      privateTo: to === 'me' ? 'you' : null,
      text: message.slice(0, maxShown),
      at: Date.now(),
      delivery: 'sent',
    },
  });
};

/** Turns events of the conference into actions. */
export const connectEvents = (conference: Conference, targets: EventTargets): void => {
  const { store, receiver, onClosed } = targets;
  const { dispatch } = store;
  let texts = 0;
  conference.on('state', ({ state }) => {
    dispatch({ type: 'connection', state });
  });
  conference.on('participantJoined', ({ participant }) => {
    dispatch({ type: 'person-joined', person: toPerson(participant) });
  });
  conference.on('participantUpdated', ({ participant }) => {
    dispatch({ type: 'person-away', id: participant.id, away: participant.connection === 'lost' });
  });
  conference.on('participantLeft', ({ participant, reason }) => {
    dispatch({ type: 'person-left', id: participant.id, removed: reason === 'dropped' });
  });
  conference.on('streamAdded', ({ stream }) => receiver()?.add(stream));
  conference.on('streamUpdated', ({ stream }) => receiver()?.update(stream));
  conference.on('streamRemoved', ({ stream }) => receiver()?.remove(stream));
  conference.on('speaking', ({ participants, dominant }) => {
    dispatch({ type: 'speaking', people: participants, dominant, at: Date.now() });
  });
  conference.on('text', (event) => {
    texts += 1;
    showText(store, event, texts);
  });
  conference.on('closed', ({ reason, error }) => {
    onClosed();
    // A join that failed is told by `join` itself, on the page it was asked from.
    if (reason === 'join_failed') return;
    const ending = { reason: toEndReason(reason), detail: error ? explain(error) : null };
    dispatch({ type: 'ended', ending });
  });
};
