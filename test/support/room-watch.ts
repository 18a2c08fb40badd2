import type { ParticipantPage } from './page.ts';

/** A room as a page shows it, in a form that can be compared. */
export interface RoomSight {
  /** Names and ids of everybody, oneself included. */
  people: string[];
  /** Streams by owner: `user kind: active|interrupted, audio on|off, ...`. */
  streams: string[];
}

interface Note {
  event: string;
  who: string;
}

declare global {
  interface Window {
    /** What the page's conference told, in order (see room-watch.ts). */
    notes: Note[];
  }
}

/** Notes everything that the conference of a page tells from now on. */
export async function watchRoom({ page }: ParticipantPage): Promise<void> {
  await page.evaluate(() => {
    const { conference } = window.portico;
    if (conference === undefined) throw new Error('there is no conference to watch');
    const notes: Note[] = [];
    window.notes = notes;
    const note = (event: string, who: string) => notes.push({ event, who });
    const ownerOf = (id: string | null) => conference.participants.get(id ?? '')?.user ?? String(id);
    conference.on('participantJoined', ({ participant }) => note('joined', participant.user));
    conference.on('participantLeft', ({ participant, reason }) => note(`left ${reason}`, participant.user));
    conference.on('streamAdded', ({ stream }) => note('stream added', ownerOf(stream.participantId)));
    conference.on('streamRemoved', ({ stream }) => note('stream removed', ownerOf(stream.participantId)));
    conference.on('text', ({ message }) => note('text', String(message)));
    conference.on('state', ({ state }) => note('state', state));
  });
}

/** What was noted, of one event or of all. */
export async function notes(page: ParticipantPage, event?: string): Promise<Note[]> {
  const all = await page.page.evaluate(() => window.notes);
  return event === undefined ? all : all.filter((note) => note.event === event);
}

/** Messages in the order in which the page got them. */
export async function chatOf(page: ParticipantPage): Promise<string[]> {
  return (await notes(page, 'text')).map(({ who }) => who);
}

/** The room as the page knows it; streams of these people are left out. */
export async function sightOf(viewer: ParticipantPage, without: string[] = []): Promise<RoomSight> {
  return await viewer.page.evaluate((left) => {
    const { conference } = window.portico;
    if (conference === undefined) return { people: [], streams: [] };
    const others = [...conference.participants.values()];
    const name = (id: string | null) => others.find((one) => one.id === id)?.user ?? String(id);
    const people = [...others, conference.self].map(({ id, user }) => `${user} ${id}`);
    const streams = [...conference.streams.values()]
      .filter(({ participantId }) => !left.includes(name(participantId)))
      .map((stream) => {
        const tracks = stream.tracks.map(({ kind, muted }) => `${kind} ${muted ? 'off' : 'on'}`);
        return `${name(stream.participantId)} ${stream.id}: ${stream.status}, ${tracks.sort().join(', ')}`;
      });
    return { people: people.sort(), streams: streams.sort() };
  }, without);
}
