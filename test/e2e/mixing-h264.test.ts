import assert from 'node:assert/strict';
import { joinBare } from '../support/bare-page.ts';
import { startSingle, type Single } from '../support/deployment.ts';
import { useBrowser, useDeployment } from '../support/fixture.ts';
import { Gaps } from '../support/gaps.ts';
import { ffmpegsOf, killNow, mixesOf } from '../support/mix-processes.ts';
import { MixViewer } from '../support/mix-viewer.ts';
import { repetitions } from '../support/thorough.ts';

const views = [{ label: 'common', video: { format: { codec: 'h264' } } }];

describe('a mixed stream in H.264', function () {
  this.timeout(90_000 + repetitions * 15_000);
  const browser = useBrowser();
  const deployment = useDeployment<Single>(() => startSingle({ 'rooms.default': { views, auto_mix: true } }));
  const join = (user: string, role?: string) =>
    joinBare(browser(), deployment(), { room: 'avc', user, role });

  it('is seen by everybody, whenever they come, and survives its processes', async () => {
    const [red, lime] = [await join('red'), await join('lime')];
    const first = await MixViewer.watch(await join('watcher', 'viewer'));
    await first.sees('red', 'lime');
    const { mimeType, width, height } = await first.received();
    assert.deepEqual([mimeType, width, height], ['video/H264', 640, 480]);
    // Whoever comes later needs a key frame with its parameter sets.
    const second = await MixViewer.watch(await join('late', 'viewer'));
    await second.sees('red', 'lime');
    const { pid } = deployment().process;
    const ffmpegs = new Gaps('H.264: all FFmpegs of a mix killed', 1_000);
    const processes = new Gaps('H.264: the mix process killed', 1_000);
    const faults = [
      { find: () => mixesOf(pid).flatMap(ffmpegsOf), gaps: ffmpegs },
      { find: () => mixesOf(pid), gaps: processes },
    ];
    for (let time = 0; time < repetitions; time += 1) {
      for (const { find, gaps } of faults) {
        const usual = await first.usualGap();
        find().forEach(killNow);
        await first.seesMoreFrames(20);
        await Promise.all([first.sees('red', 'lime'), second.sees('red', 'lime')]);
        gaps.add(await first.takeLongestGap(), usual);
      }
    }
    ffmpegs.report();
    processes.report();
    await Promise.all([red, lime, first.page, second.page].map((page) => page.close()));
  });
});
