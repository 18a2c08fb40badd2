import assert from 'node:assert/strict';
import { PublishedTrack } from '../../../client/sdk/published-track.ts';
import { camera } from './support/fake-media.ts';
import type { Producer } from '../../../client/sdk/engine.ts';
import type { SessionContext } from '../../../client/sdk/session.ts';

/** A sender of three layers, as a browser has it. */
function fakeProducer(count: number): {
  producer: Producer;
  active: () => (boolean | undefined)[];
  settled: () => Promise<void>;
} {
  let encodings: RTCRtpEncodingParameters[] = Array.from({ length: count }, () => ({ active: true }));
  let settle = (): void => undefined;
  const sender = {
    getParameters: () => ({ encodings: structuredClone(encodings) }),
    setParameters: (parameters: RTCRtpSendParameters) => {
      encodings = parameters.encodings;
      settle();
      return Promise.resolve();
    },
  };
  const noop = (): void => undefined;
  return {
    producer: { rtpSender: sender, pause: noop, resume: noop, close: noop } as unknown as Producer,
    active: () => encodings.map((encoding) => encoding.active),
    settled: () =>
      new Promise((resolve) => {
        settle = resolve;
      }),
  };
}

function published(count = 3): { track: PublishedTrack } & ReturnType<typeof fakeProducer> {
  const context = {
    requester: { request: () => Promise.resolve({}) },
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  } as unknown as SessionContext;
  const track = new PublishedTrack({ context, kind: 'video', track: camera(), streamId: 's', options: {} });
  track.prepare();
  track.trackId = 's-0';
  const fake = fakeProducer(count);
  track.attach(fake.producer);
  return { track, ...fake };
}

describe('layers that nobody receives', () => {
  it('are not sent', async () => {
    const { track, active, settled } = published();
    const done = settled();
    track.setMaxLayer('s-0', 0);
    await done;
    assert.deepEqual(active(), [true, false, false]);
  });

  it('are sent again when somebody wants them', async () => {
    const { track, active, settled } = published();
    let done = settled();
    track.setMaxLayer('s-0', -1);
    await done;
    assert.deepEqual(active(), [false, false, false]);
    done = settled();
    track.setMaxLayer('s-0', 2);
    await done;
    assert.deepEqual(active(), [true, true, true]);
  });

  it('are one thing, a muted track is another', async () => {
    const { track, active, settled } = published();
    let done = settled();
    track.setMuted(true);
    await done;
    assert.deepEqual(active(), [false, false, false]);
    track.setMaxLayer('s-0', 1);
    done = settled();
    track.setMuted(false);
    await done;
    assert.deepEqual(active(), [true, true, false]);
  });

  it("inside one SVC encoding are the server's to drop: it goes on until nobody is left", async () => {
    const { track, active, settled } = published(1);
    track.setMaxLayer('s-0', 0);
    const done = settled();
    track.setMaxLayer('s-0', -1);
    await done;
    assert.deepEqual(active(), [false]);
  });

  it('of another track do not count', async () => {
    const { track, active, settled } = published();
    track.setMaxLayer('other-0', -1);
    const done = settled();
    track.setMaxLayer('s-0', 1);
    await done;
    assert.deepEqual(active(), [true, true, false]);
  });
});
