import assert from 'node:assert/strict';
import { Viewing } from '../../../client/sdk/viewing.ts';
import type { Choice, Tile } from '../../../client/sdk/layers.ts';

const track = {
  layers: { spatial: 3, temporal: 3, type: 'simulcast' },
  parameters: { resolution: { width: 1280, height: 720 } },
} as const;
const large: Tile = { width: 1280, height: 720, visible: true, cover: false };
const small: Tile = { ...large, width: 320, height: 180 };
const unseen: Tile = { ...large, visible: false };

interface Setup {
  viewing: Viewing;
  choices: Choice[];
  /** Shows the video in a tile; the returned function changes it. */
  show: (tile: Tile) => { change: (tile: Tile) => void; remove: () => void };
  /** Resolves with the next choice. */
  chosen: () => Promise<Choice>;
}

function setup(): Setup {
  const choices: Choice[] = [];
  let notify: ((choice: Choice) => void) | undefined;
  let next: Tile = large;
  let change: (tile: Tile) => void = () => undefined;
  const viewing = new Viewing({
    track: () => track,
    onChoice: (choice) => {
      choices.push(choice);
      notify?.(choice);
    },
    watch: (_element, onChange) => {
      change = onChange;
      onChange(next);
      return () => undefined;
    },
  });
  return {
    viewing,
    choices,
    show: (tile) => {
      next = tile;
      const remove = viewing.add({} as HTMLVideoElement);
      return { change, remove };
    },
    chosen: () =>
      new Promise((resolve) => {
        notify = resolve;
      }),
  };
}

describe('tiles that show a video', () => {
  it('decide at once when the first one is there', () => {
    const { show, choices, viewing } = setup();
    show(small);
    assert.deepEqual(choices, [{ paused: false, layers: { spatial: 0 } }]);
    viewing.close();
  });

  it('decide once when their size has settled', async () => {
    const { show, choices, chosen, viewing } = setup();
    const tile = show(small);
    for (let width = 320; width <= 1280; width += 64)
      tile.change({ ...large, width, height: (width * 9) / 16 });
    assert.deepEqual(await chosen(), { paused: false, layers: { spatial: 2 } });
    assert.equal(choices.length, 2);
    viewing.close();
  });

  it('pause the video when they are out of sight, and bring it back without delay', async () => {
    const { show, choices, chosen, viewing } = setup();
    const tile = show(large);
    tile.change(unseen);
    assert.deepEqual(await chosen(), { paused: true });
    tile.change(small);
    assert.deepEqual(choices.at(-1), { paused: false, layers: { spatial: 0 } });
    viewing.close();
  });

  it('do not pause it when they are exchanged', async () => {
    const { show, choices, chosen, viewing } = setup();
    show(large).remove();
    show(small);
    assert.deepEqual(await chosen(), { paused: false, layers: { spatial: 0 } });
    assert.ok(choices.every(({ paused }) => !paused));
    viewing.close();
  });

  it('say nothing of a video that the application shows by its own means', () => {
    const { viewing, choices } = setup();
    viewing.refresh();
    assert.deepEqual(choices, []);
  });
});
