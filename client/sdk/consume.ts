import { toClientError } from './errors.ts';
import type { Consumer, Transport } from './engine.ts';
import type { SessionContext } from './session.ts';
import type { RemoteStream } from './stream.ts';
import type { WantedTrack } from './wanted-tracks.ts';

/** One try to receive tracks of a stream. */
export interface Attempt {
  context: Pick<SessionContext, 'requester' | 'link'>;
  stream: Pick<RemoteStream, 'id'>;
  /** Of the subscription at the server. */
  id: string;
  wanted: readonly WantedTrack[];
  transport: Transport;
  /** False when nobody wants the outcome any more. */
  current: () => boolean;
}

/** Subscribes and consumes: all tracks or none. What it gives back is paused at the server until `resume`. */
export async function consumeAll(attempt: Attempt): Promise<Consumer[]> {
  // The portal lets `consume` wait for the subscription that it belongs to: one round trip less.
  const subscribing = subscribe(attempt);
  const consuming = attempt.wanted.map((one) => consume(one, attempt, subscribing));
  const [subscribed, ...results] = await Promise.allSettled([subscribing, ...consuming]);
  const consumers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = [subscribed, ...results].find((result) => result.status === 'rejected');
  if (failed === undefined) return consumers;
  for (const consumer of consumers) consumer.close();
  throw toClientError(failed.reason);
}

async function subscribe({ context, id, wanted, current }: Attempt): Promise<void> {
  const media = {
    tracks: wanted.map(({ track, parameters }) => ({
      type: track.kind,
      from: track.id,
      ...(parameters !== undefined && { parameters }),
    })),
  };
  await context.requester.request(
    'subscribe',
    { id, media, transport: { type: 'mediasoup' } },
    { wanted: current },
  );
}

async function consume(
  { track }: WantedTrack,
  { context, stream, id, transport, current }: Attempt,
  subscribing: Promise<void>,
): Promise<Consumer> {
  const { requester, link } = context;
  const ask = () =>
    requester.request(
      'consume',
      { id, track: track.id, transportId: transport.id, rtpCapabilities: link.recvCapabilities },
      { wanted: current },
    );
  const answer = await ask().catch(async (error: unknown) => {
    const { code } = toClientError(error);
    if (code !== 'grant_missing' && code !== 'subscription_not_found') throw error;
    // The subscription had to be asked for again, and was not there yet.
    await subscribing;
    return await ask();
  });
  const { kind, producerId, rtpParameters } = answer;
  return await transport.consume({
    id: answer.id,
    producerId,
    kind,
    rtpParameters: rtpParameters as Parameters<Transport['consume']>[0]['rtpParameters'],
    // Tracks of one stream are played in step with each other.
    streamId: stream.id,
  });
}
