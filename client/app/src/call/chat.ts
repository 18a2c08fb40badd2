import type { Conference } from '../../../sdk/index.ts';
import { explain } from '../explain.ts';
import type { Store } from '../state/store.ts';

/** Shows a message at once and sends it to whoever the chat is set to; one that does not arrive is marked. */
export const sendMessage = async (conference: Conference, store: Store, text: string): Promise<void> => {
  const { self, chatTo, people } = store.state;
  if (!self) return;
  // Not `randomUUID`, which pages without HTTPS do not have.
  const key = `own-${String(Date.now())}-${String(Math.random())}`;
  const privateTo = chatTo === null ? null : (people[chatTo]?.user ?? 'somebody who left');
  const message = {
    from: self.id,
    name: self.user,
    mine: true,
    privateTo,
    text,
    at: Date.now(),
    delivery: 'pending' as const,
  };
  store.dispatch({ type: 'message', message: { key, ...message } });
  try {
    await conference.send(text, chatTo ?? undefined);
    store.dispatch({ type: 'message-delivery', key, delivery: 'sent' });
  } catch (error) {
    store.dispatch({ type: 'message-delivery', key, delivery: 'failed' });
    store.dispatch({ type: 'toast', tone: 'error', text: explain(error) });
  }
};
