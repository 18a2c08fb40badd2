import type { NotificationPayload, RoomSnapshot } from '../../common/contract/client.ts';
import type { SimulatedParticipant } from './simulated-participant.ts';

/** Who is in a room, with the state of the connection, as a client knows it; sorted. About its own it is not told. */
export function peopleKnownTo({ id: self, joined, log }: SimulatedParticipant): string[] {
  const people = new Map<string, { user: string; connection: string }>();
  const start = ({ participants }: RoomSnapshot) => {
    people.clear();
    for (const { id, user, connection = 'ok' } of participants) people.set(id, { user, connection });
  };
  start(joined.room);
  for (const { name, payload } of log.heard) {
    if (name === 'room') start(payload as RoomSnapshot);
    if (name !== 'participant') continue;
    const news = payload as NotificationPayload<'participant'>;
    if (news.action === 'join') {
      people.set(news.data.id, { user: news.data.user, connection: news.data.connection ?? 'ok' });
    } else if (news.action === 'leave') people.delete(news.data);
    else {
      const person = people.get(news.data);
      if (person !== undefined) person.connection = news.connection;
    }
  }
  return [...people]
    .map(([id, { user, connection }]) => `${user} ${id} ${id === self ? 'ok' : connection}`)
    .sort();
}
