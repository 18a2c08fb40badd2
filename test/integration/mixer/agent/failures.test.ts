import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MixSpec } from '../../../../common/contract/mix.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { descendantsOf, isAlive } from '../../../support/processes.ts';
import { fails } from '../../access/support/fails.ts';
import { eventually, metric } from '../../access/support/metrics.ts';
import { until } from '../../access/support/stage.ts';
import { MixerStage, type MixerStageOptions } from './support/mixer-stage.ts';
import { specOf, type SpecOptions } from './support/specs.ts';

const childFile = fileURLToPath(new URL('support/agent-child.ts', import.meta.url));

describe('mixer agent: failures and limits', () => {
  let stage: MixerStage;
  const create = async (options: MixerStageOptions = {}) => {
    stage = await MixerStage.create({ accesses: 0, ...options });
  };
  afterEach(async () => {
    delete process.env['SCRIPTED_MIX_DIES'];
    delete process.env['SCRIPTED_MIX_CPU'];
    await stage.close();
  });

  const spec = (options: Omit<SpecOptions, 'room'> = {}): MixSpec =>
    specOf({ room: stage.access.room, ...options });
  const ended = (what: string) =>
    until(what, stage.access.owner, () => stage.access.owner.all('mixEnded')[0]);

  it('refuses an owner that was succeeded', async () => {
    await create();
    const { owner } = stage;
    const newer = { ...owner, epoch: owner.epoch + 1 };
    await stage.apply(spec({ revision: 5 }), newer);
    await assert.rejects(stage.apply(spec({ revision: 6 }), owner), fails('stale_owner'));
    await assert.rejects(stage.closeMix('common', owner), fails('stale_owner'));
    assert.equal((await stage.inventory()).mixes?.[0]?.spec.revision, 5);
  });

  it('follows a new owner that counts from the beginning, and keeps what runs', async () => {
    await create();
    const { owner } = stage;
    const first = await stage.apply(spec({ revision: 7 }));
    const second = await stage.apply(spec({ revision: 1 }), { ...owner, epoch: owner.epoch + 1 });
    assert.deepEqual(second, { ...first, revision: 1 });
  });

  it('refuses codecs that it cannot send, and names the field', async () => {
    await create();
    for (const codec of ['vp9', 'av1'] as const) {
      await assert.rejects(stage.apply(spec({ codec })), (error: unknown) => {
        assert.ok(error instanceof PorticoError);
        assert.match(error.message, new RegExp(`cannot be sent as ${codec}; mixes are sent as vp8, h264`));
        return fails('codec_unsupported', 'spec.video.format')(error);
      });
    }
    assert.deepEqual((await stage.inventory()).mixes, []);
  });

  it('takes no further mix when its CPU is used up, and goes on changing those that run', async () => {
    process.env['SCRIPTED_MIX_CPU'] = '64';
    await create({ mixer: { max_load: 0.9 } });
    await stage.apply(spec());
    await eventually('the load is known', async () => stage.agent.load > 1);
    await assert.rejects(stage.apply(spec({ view: 'other' })), (error: unknown) => {
      assert.ok(error instanceof PorticoError && (error.details.retryAfterMs ?? 0) > 0);
      return fails('resource_exhausted')(error);
    });
    assert.equal((await stage.apply(spec({ revision: 2 }))).revision, 2);
    assert.equal(await metric(stage.metrics, 'portico_mix_refusals_total'), 1);
  });

  it('mixes sound without FFmpeg, and says what is missing for pictures', async () => {
    const findFfmpeg = () => Promise.reject(new Error('no FFmpeg at /nowhere'));
    await create({ agent: { findFfmpeg } });
    await assert.rejects(stage.apply(spec()), (error: unknown) => {
      assert.match(String(error), /pictures cannot be mixed here: no FFmpeg at \/nowhere/);
      return fails('unavailable')(error);
    });
    const { video: _, ...sound } = spec({ video: [] });
    assert.equal((await stage.apply(sound)).audio.length, 1);
    assert.ok(stage.agent.load >= 1);
  });

  it('says that a mix does not start when its process dies again and again', async () => {
    process.env['SCRIPTED_MIX_DIES'] = '1';
    await create({ mixer: { spare: 0 } });
    await assert.rejects(stage.apply(spec()), fails('unavailable'));
    assert.deepEqual((await stage.inventory()).mixes, []);
    assert.deepEqual(stage.agent.mixPids, []);
    assert.equal(await metric(stage.metrics, 'portico_mixes'), 0);
    delete process.env['SCRIPTED_MIX_DIES'];
    await stage.apply(spec({ revision: 2 }));
  });

  it('gives a mix up whose process does not keep running, and tells the owner', async () => {
    await create();
    await stage.apply(spec());
    process.env['SCRIPTED_MIX_DIES'] = '1';
    for (const pid of [...stage.watch.idle]) process.kill(pid, 'SIGKILL');
    const { view, agent } = await ended('the owner hears of it');
    assert.equal(view, 'common');
    assert.equal(agent, stage.id);
    assert.deepEqual((await stage.inventory()).mixes, []);
  });

  it('tells the owner when the worker of a mix dies, and mixes again on the next one', async () => {
    await create();
    const before = await stage.apply(spec());
    const process1 = await stage.watch.started();
    for (const pid of stage.agent.workerPids) process.kill(pid, 'SIGKILL');
    assert.equal((await ended('the owner hears of it')).reason, 'worker_died');
    await eventually('its process is gone', async () => !isAlive(process1.pid));
    const after = await stage.apply(spec({ revision: 2 }));
    assert.notEqual(after.router, before.router);
  });

  it('tells the owner that it stops before anything ends, and leaves nothing running', async () => {
    await create({ mixer: { spare: 1 } });
    await stage.apply(spec());
    const { pid } = await stage.watch.started();
    await stage.watch.until('a spare one is ready', () => stage.watch.idle.size === 2);
    await stage.agent.close();
    assert.equal((await ended('the owner hears of it')).reason, 'shutdown');
    const left = [...stage.watch.idle].filter((known) => isAlive(known));
    assert.deepEqual(left, []);
    assert.ok(stage.watch.processes.find((known) => known.pid === pid)?.closed);
  });

  it('ends a mix that is closed, once', async () => {
    await create();
    await stage.apply(spec());
    const { pid } = await stage.watch.started();
    await Promise.all([stage.closeMix(), stage.closeMix(), stage.closeMix('unknown')]);
    assert.ok(!isAlive(pid));
    assert.deepEqual((await stage.inventory()).mixes, []);
    assert.deepEqual(stage.access.owner.all('mixEnded'), []);
    await stage.apply(spec({ revision: 2 }));
  });

  it('starts a mix in a process that was ready', async () => {
    await create({ mixer: { spare: 1 } });
    await stage.watch.until('one is ready', () => stage.watch.idle.size === 1);
    const [ready] = stage.watch.idle;
    await stage.apply(spec());
    assert.equal((await stage.watch.started()).pid, ready);
    await stage.watch.until('another one is ready', () => stage.watch.idle.size === 2);
  });

  it('measures its mixes', async () => {
    await create();
    await stage.apply(spec());
    const [measure] = await eventually('it was measured', async () => {
      const measures = await stage.measure();
      return measures.length > 0 && measures;
    });
    assert.deepEqual(measure, {
      view: 'common',
      decoding: 0,
      framerate: 24,
      composeMs: { p50: 1, p95: 2 },
      delayMs: { p50: 0, p95: 0 },
      lateTicks: 1,
      skipped: 2,
      decoderRestarts: 3,
      encoderRestarts: 4,
      loss: 0,
      cpu: 0.01,
      restarts: 0,
    });
    assert.equal(await metric(stage.metrics, 'portico_mix_skipped_frames_total'), 2);
  });

  it('leaves no process behind when it is killed', async () => {
    await create();
    const child = fork(childFile);
    await once(child, 'message');
    const all = await eventually('the spare process and the encoder run', async () => {
      const family = descendantsOf(child.pid ?? 0);
      const names = family.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      return names.filter((name) => name === 'node').length === 2 && names.includes('ffmpeg') && family;
    });
    child.kill('SIGKILL');
    await eventually('all are gone', async () => !all.some((pid) => isAlive(pid)), 5_000);
  });
});
