import type { JSX } from 'preact';
import type { TrackMeasure } from '../../../../common/contract/management.ts';
import type { Kind } from '../../../../common/contract/media.ts';
import { Icon } from '../../../app/src/ui/icon.tsx';
import { formatCodec, formatRate } from '../model/format.ts';
import { measureOfSubscribed } from '../model/measures.ts';
import { layersText, pictureText } from '../model/room-picture.ts';
import type { RoomPicture } from '../model/room-picture.ts';
import { Pill } from '../ui/parts.tsx';
import { Loss, Score } from './track-cells.tsx';

interface ReceivedTrack {
  key: string;
  from: string;
  kind: Kind;
  paused: boolean;
  /** Sizes that are sent together. */
  encodings: number;
  measure: TrackMeasure | undefined;
}

const receivedTracks = (picture: RoomPicture, participant: string): ReceivedTrack[] => {
  const streams = new Map(picture.streams.map((stream) => [stream.id as string, stream]));
  const mixes = new Map(picture.views.map(({ label, stream }) => [stream.id as string, `mix ${label}`]));
  const names = new Map(picture.participants.map(({ id, user }) => [id as string, user]));
  return picture.subscriptions
    .filter((subscription) => subscription.participant === participant)
    .flatMap(({ id, tracks }) =>
      tracks.map((track) => {
        const stream = streams.get(track.stream);
        const owner: string = stream?.info.owner ?? track.stream;
        const video = stream?.media.video;
        return {
          key: `${id} ${track.id}`,
          from: names.get(owner) ?? mixes.get(owner) ?? owner,
          kind: track.type,
          paused: track.paused,
          encodings: video === undefined || video === false ? 1 : video.original.length,
          measure: measureOfSubscribed(picture.measures, id, track.id),
        };
      }),
    )
    .sort((one, other) => one.from.localeCompare(other.from) || one.kind.localeCompare(other.kind));
};

const Row = ({
  track: { from, kind, paused, encodings, measure },
}: {
  track: ReceivedTrack;
}): JSX.Element => (
  <li>
    <Icon name={kind === 'audio' ? 'volume' : 'camera'} size={16} />
    <span class="from" title={from}>
      {from}
    </span>
    <span>{formatCodec(measure?.format)}</span>
    <span>{measure === undefined ? '' : pictureText({ measure, parameters: undefined })}</span>
    <span class="end">
      {paused ? <Pill>paused</Pill> : measure === undefined ? '–' : formatRate(measure.bitrate)}
    </span>
    <span class="end" title="Loss">
      <Loss measure={measure} />
    </span>
    <span class="end">
      <Score measure={measure} />
    </span>
    <span title="Layers">{kind === 'video' ? layersText({ measure, encodings }) : ''}</span>
    <span class="end" title="Round-trip time">
      {measure?.rtt === undefined ? '' : `${String(Math.round(measure.rtt))} ms`}
    </span>
  </li>
);

/** What a participant receives. */
export const Subscriptions = ({
  picture,
  participant,
}: {
  picture: RoomPicture;
  participant: string;
}): JSX.Element => (
  <ul class="received" aria-label="Subscriptions">
    {receivedTracks(picture, participant).map((track) => (
      <Row key={track.key} track={track} />
    ))}
  </ul>
);
