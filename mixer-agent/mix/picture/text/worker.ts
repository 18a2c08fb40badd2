import { parentPort } from 'node:worker_threads';
import { drawText } from './draw.ts';
import type { TextMask, TextWish } from './text-mask.ts';

/* Draws texts in a thread of its own: fonts take time to read, and memory that is free again when the thread ends. */

/** An answer: the mask, or why there is none. */
export type Drawn = { mask: TextMask } | { failure: string };

function draw(wish: TextWish): Drawn {
  try {
    return { mask: drawText(wish) };
  } catch (error) {
    return { failure: String(error) };
  }
}

parentPort?.on('message', (wishes: readonly TextWish[]) => {
  parentPort?.postMessage(wishes.map(draw));
});
