import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemberId } from '../../../common/contract/ids.ts';
import { useStoppable } from '../../support/fixture.ts';
import { portico } from '../../support/portico-command.ts';
import type { ScriptedRoom } from '../management/rest/cluster.ts';
import { participant, stream } from '../management/rest/samples.ts';
import { Stage, superService } from '../management/rest/stage.ts';

const region = (id: string, left: string) => ({
  ...{ id, shape: 'rectangle' },
  area: { left, top: '0/1', width: '1/2', height: '1/1' },
});

describe('the command line and mixed streams', function () {
  this.timeout(30_000);
  const stage = useStoppable(() => Stage.start());
  let room: ScriptedRoom;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-mix-'));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    room = await stage().agent.own('demo', {
      participants: [participant('p1')],
      streams: [stream('s1'), stream('s2'), stream('voice', ['audio'])].map((info) => ({ info })),
      views: ['common', 'wall'],
    });
  });
  afterEach(() => stage().agent.disown('demo'));

  const run = (...words: string[]) =>
    portico(['mix', ...words], {
      PORTICO_URL: stage().url,
      PORTICO_SERVICE: superService.id,
      PORTICO_KEY: superService.key,
    });
  const says = async (...words: string[]): Promise<string> => {
    const { code, out, err } = await run(...words);
    assert.equal(code, 0, err);
    return out;
  };
  const shown = () => room.views[0]!.stream.info.layout.map((entry) => entry.stream);

  it('puts streams into a view and takes them out', async () => {
    assert.equal(await says('add', 'demo', 's1'), "Stream s1 is in the view 'common' now.");
    assert.equal(await says('add', 'demo', 's2', '--view', 'wall'), "Stream s2 is in the view 'wall' now.");
    assert.deepEqual(
      room.views.map(({ inputs }) => [...inputs]),
      [['s1'], ['s2']],
    );
    assert.equal(await says('remove', 'demo', 's1'), "Stream s1 is not in the view 'common' now.");
    const { code, err } = await run('add', 'demo', 's1', '--view', 'attic');
    assert.equal(code, 1);
    assert.match(err, /Invalid view: the room has no view 'attic'/);
  });

  it('draws what a view shows', async () => {
    for (const id of ['s1', 's2', 'voice']) await says('add', 'demo', id);
    room.views[0]!.agent = MemberId.parse('mixer-1');
    const out = await says('show', 'demo', 'common');
    assert.match(out, /state +mixed at mixer-1\n/);
    assert.match(out, /not shown +ann\n/);
    assert.match(out, /^\| +1: ann +\| +2: ann +\|$/m);
    assert.match(await says('show', 'demo'), /view +common[^]*view +wall[^]*idle: nobody receives it/);
    assert.equal(await says('show', 'nowhere'), 'The room does not run, or has no views.');
  });

  it('arranges by template, JSON, file, region and primary', async () => {
    for (const id of ['s1', 's2']) await says('add', 'demo', id);
    await says('layout', 'demo', 'common', 'lecture');
    assert.equal(room.views[0]!.stream.info.layout[0]!.region.area.width, '2/3');
    await says('primary', 'demo', 'common', 's2');
    assert.deepEqual(shown().slice(0, 2), ['s2', 's1']);
    await says('place', 'demo', 'common', 's2', '2');
    assert.deepEqual(shown().slice(0, 2), ['s1', 's2']);
    const wanted = [{ stream: 's2', region: region('a', '0/1') }, { region: region('b', '1/2') }];
    await says('layout', 'demo', 'common', JSON.stringify(wanted));
    const filled = [wanted[0], { stream: 's1', ...wanted[1] }];
    assert.deepEqual(JSON.parse(await says('layout', 'demo', 'common')), filled);
    const file = join(folder, 'layout.json');
    await writeFile(file, JSON.stringify(filled.toReversed()));
    await says('layout', 'demo', 'common', file);
    assert.deepEqual(shown(), ['s1', 's2']);
    await says('layout', 'demo', 'common', 'configured');
    assert.equal(shown().length, 2);
    await says('follow', 'demo', 'common', 'on');
    assert.equal(room.views[0]?.followsSpeaker, true);
  });

  it('explains what is no layout', async () => {
    const file = join(folder, 'bad.json');
    await writeFile(file, '{');
    for (const [layout, hint] of [
      ['circle', /'circle' is no file that can be read, and none of grid, fluid, lecture, configured/],
      [file, /is no JSON array/],
      ['[1,', /This is no JSON array/],
    ] as const) {
      const { code, err } = await run('layout', 'demo', 'common', layout);
      assert.equal(code, 2);
      assert.match(err, hint);
    }
    const { code, err } = await run('layout', 'demo', 'common', '[{"region":{"id":"1"}}]');
    assert.equal(code, 1);
    assert.match(err, /layout\[0\]\.region/);
    assert.match((await run('follow', 'demo', 'common', 'maybe')).err, /Give on or off/);
    assert.match((await run('show', 'demo', 'attic')).err, /View not found/);
  });
});
