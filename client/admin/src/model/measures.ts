import type { RoomMeasures, TrackMeasure } from '../../../../common/contract/management.ts';

export interface Rates {
  /** bits/s that participants send to the server. */
  incoming: number;
  /** bits/s that the server sends to them. */
  outgoing: number;
}

const sum = (sessions: { tracks: { bitrate: number }[] }[]): number =>
  sessions.reduce((total, { tracks }) => total + tracks.reduce((rate, track) => rate + track.bitrate, 0), 0);

export const ratesOf = ({ streams, subscriptions }: RoomMeasures): Rates => ({
  incoming: sum(streams),
  outgoing: sum(subscriptions),
});

export const addRates = (all: readonly Rates[]): Rates =>
  all.reduce(
    (total, { incoming, outgoing }) => ({
      incoming: total.incoming + incoming,
      outgoing: total.outgoing + outgoing,
    }),
    { incoming: 0, outgoing: 0 },
  );

/** Measures of a stream's sound and picture. */
export function measuresOfStream(
  measures: RoomMeasures | undefined,
  stream: string,
): { audio?: TrackMeasure; video?: TrackMeasure } {
  const tracks = measures?.streams.find(({ id }) => id === stream)?.tracks ?? [];
  const [audio, video] = (['audio', 'video'] as const).map((kind) =>
    tracks.find(({ type }) => type === kind),
  );
  return { ...(audio === undefined ? {} : { audio }), ...(video === undefined ? {} : { video }) };
}

/** Track of a subscription, by subscription and track. */
export const measureOfSubscribed = (
  measures: RoomMeasures | undefined,
  subscription: string,
  track: string,
): TrackMeasure | undefined =>
  measures?.subscriptions.find(({ id }) => id === subscription)?.tracks.find(({ id }) => id === track);
