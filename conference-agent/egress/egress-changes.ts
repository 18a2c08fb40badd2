import { PorticoError } from '../../common/contract/errors.ts';
import type { EgressChange } from '../../common/contract/management.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { RoomState } from '../room-state.ts';
import { find, type EgressTracks } from './egress-tracks.ts';

/** What of a recording or live stream can be changed while it runs. */
export interface Changeable {
  tracks: EgressTracks;
  /** s. */
  keyFrameInterval: number;
}

/**
 * What it is after these changes; nothing of it is in effect yet.
 * @throws PorticoError `bad_request`, `stream_not_found`, `track_not_found`; `field`: `changes[<n>].…`
 */
export function changed(state: RoomState, egress: Changeable, changes: readonly EgressChange[]): Changeable {
  return changes.reduce(
    (current, change, index) => applyOne(state, current, { change, field: `changes[${String(index)}]` }),
    egress,
  );
}

function applyOne(
  state: RoomState,
  current: Changeable,
  { change, field }: { change: EgressChange; field: string },
): Changeable {
  const { tracks } = current;
  switch (change.change) {
    case 'from': {
      const { kind, from } = change;
      const { paused } = requireTrack(tracks, kind, field);
      const track = { ...tracks[kind], ...find(state, kind, from, field), paused };
      return { ...current, tracks: { ...tracks, [kind]: track } };
    }
    case 'status': {
      const { kind, status } = change;
      const track = { ...requireTrack(tracks, kind, field), paused: status === 'inactive' };
      return { ...current, tracks: { ...tracks, [kind]: track } };
    }
    case 'encode': {
      const { video } = tracks;
      if (video === undefined) throw noTrack('video', `${field}.encode`);
      return {
        ...current,
        tracks: { ...tracks, video: { ...video, encode: { ...video.encode, ...change.encode } } },
      };
    }
    case 'keyFrameInterval':
      return { ...current, keyFrameInterval: change.seconds };
  }
}

function requireTrack<K extends Kind>(
  tracks: EgressTracks,
  kind: K,
  field: string,
): NonNullable<EgressTracks[K]> {
  const track = tracks[kind];
  if (track === undefined) throw noTrack(kind, `${field}.kind`);
  return track;
}

function noTrack(kind: Kind, field: string): PorticoError {
  const what = kind === 'audio' ? 'sound' : 'picture';
  return new PorticoError('bad_request', `it was begun without ${what}`, { field });
}
