import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sharedRabbit } from '../../support/rabbitmq.ts';
import { untilNot } from './harness.ts';
import { rabbitHarness, type RabbitHarness } from './rabbit-harness.ts';

const script = fileURLToPath(new URL('./bus-child.ts', import.meta.url));

describe('RabbitMQ bus of another process', () => {
  let broker: Awaited<ReturnType<typeof sharedRabbit>>;
  let harness: RabbitHarness;
  const children: ChildProcess[] = [];

  before(async () => {
    broker = await sharedRabbit();
  });
  beforeEach(async () => {
    harness = await rabbitHarness(broker.url);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await harness.stop();
  });
  after(async () => {
    await broker.stop();
  });

  const start = async (what: string, heartbeatSec = 30): Promise<ChildProcess> => {
    const child = fork(script, [broker.url, harness.prefix, String(heartbeatSec), what], { stdio: 'ignore' });
    children.push(child);
    const [message] = (await once(child, 'message')) as unknown[];
    assert.equal(message, 'ready');
    return child;
  };

  it('frees its claim when it is killed', async () => {
    const child = await start('hold');
    const bus = await harness.connect();
    assert.equal(await bus.call('child.claim', 'pid', {}), child.pid);
    await assert.rejects(bus.claim('child.claim'), { code: 'taken' });
    child.kill('SIGKILL');
    const claim = await untilNot('taken', () => bus.claim('child.claim'));
    await claim.serve(() => Promise.resolve('mine'));
    assert.equal(await bus.call('child.claim', 'pid', {}), 'mine');
  });

  it('loses its claim when it hangs, and learns so', async () => {
    const child = await start('hold', 1);
    const bus = await harness.connect();
    child.kill('SIGSTOP');
    await untilNot('taken', () => bus.claim('child.claim'));
    const told = once(child, 'message');
    child.kill('SIGCONT');
    assert.deepEqual((await told)[0], 'lost');
  });

  it('does not handle what expired while it hung', async () => {
    const child = await start('record');
    const bus = await harness.connect();
    for (let n = 0; n < 20; n++) await bus.call('child.record', 'x', 'before'); // shows how far the clocks are apart
    child.kill('SIGSTOP');
    // The age of a message is known to within the time of its way, hence a good while after the deadline.
    const timeouts = [100, 200, 300, 2_000];
    const calls = timeouts.map((timeoutMs) => bus.call('child.record', 'x', timeoutMs, { timeoutMs }));
    for (const call of calls) await assert.rejects(call, { code: 'timeout' });
    const last = bus.call('child.record', 'x', 'after', { timeoutMs: 60_000 });
    child.kill('SIGCONT');
    const handled = (await last) as unknown[];
    assert.equal(handled.at(-1), 'after');
    for (const expired of [100, 200, 300]) assert.ok(!handled.includes(expired), `${expired} was handled`);
  });

  it('ends by itself when its bus is closed', async () => {
    const child = await start('finish');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  });
});
