import type { Clip } from '../../../support/encoded-clip.ts';
import { Sending, target } from './sending.ts';
import { until } from '../../../support/until.ts';

/* A process that sends a clip, to be killed. */

process.once('message', (message: Task) => {
  void send(message);
});

interface Task {
  protocol: 'rtmp' | 'rtsp' | 'srt';
  url: string;
  clip: Clip;
}

async function send({ protocol, url, clip }: Task): Promise<void> {
  const sending = await Sending.start(clip, { target: target(protocol, url) });
  await sending.reaches('live');
  process.send?.('live');
  await until(() => sending.sink.progress().dropped > 0, { timeoutMs: 60_000 });
  process.send?.('blocked');
}
