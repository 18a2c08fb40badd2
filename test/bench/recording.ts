import { benchCopying } from './recording/copying.ts';
import { benchCrowd } from './recording/crowd.ts';
import { benchFinishing } from './recording/finishing.ts';
import { benchLiveDelay } from './recording/live-delay.ts';
import type { Figure } from './report.ts';

/** What recordings and live streams take, and how late they are; each part is told when it is over. */
export async function benchRecording(note: (figures: Figure[]) => void): Promise<void> {
  for (const codec of ['vp8', 'h264'] as const) note(await benchCopying(codec));
  note(await benchCrowd());
  note(await benchFinishing('vp8', 1));
  note(await benchFinishing('h264', 1));
  note(await benchFinishing('vp8', 2));
  note(await benchLiveDelay());
}
