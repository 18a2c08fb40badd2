import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { defaultBusOptions } from '../../../common/bus/bus.ts';
import { Outbox } from '../../../common/bus/outbox.ts';
import { decodeRequest, encodeResult } from '../../../common/bus/wire.ts';
import { FakeLink } from './fake-link.ts';

/** What the letters of a link ask for: method or `probe`. */
const sent = (link: FakeLink): string[] =>
  link.letters.map(({ text }) => {
    const request = decodeRequest(text);
    return request === undefined || request.kind === 'probe' ? 'probe' : request.method;
  });

describe('the outbox', () => {
  let outbox: Outbox;
  let link: FakeLink;
  beforeEach(() => {
    outbox = new Outbox(defaultBusOptions);
    link = new FakeLink();
    outbox.attach(link);
  });
  afterEach(() => {
    outbox.close();
  });
  const call = (method: string, address = 'a'): Promise<unknown> => {
    const answer = outbox.request({ kind: 'call', address, method, params: {} });
    answer.catch(() => undefined);
    return answer;
  };

  it('fails a message that the broker refuses though the connection works', async () => {
    const answer = call('one');
    link.letters[0]?.refuse(new Error('message nacked'));
    await assert.rejects(answer, { code: 'connection_lost' });
  });

  it('holds messages while the broker asks for silence, and keeps their order', async () => {
    outbox.flow(false);
    const first = call('one');
    void call('two');
    await assert.rejects(outbox.probe('a'), { code: 'connection_lost' });
    assert.deepEqual(sent(link), []);
    outbox.flow(true);
    void call('three');
    link.letters[0]?.accept();
    await setImmediate();
    assert.deepEqual(sent(link), ['probe', 'one', 'two', 'three']);
    outbox.answer(link.letters[1]?.correlation ?? '', encodeResult('1'));
    assert.equal(await first, 1);
  });

  it('lets other addresses pass while one is waited for', async () => {
    void call('one');
    outbox.detach();
    await link.close();
    const next = new FakeLink();
    outbox.attach(next);
    void call('two');
    void call('other', 'b');
    assert.deepEqual(sent(next), ['probe', 'other']);
    next.letters[0]?.accept();
    await setImmediate();
    assert.deepEqual(sent(next), ['probe', 'other', 'one', 'two']);
  });

  it('sends a retried call with its id and what is left of its time', () => {
    const answer = outbox.request({
      kind: 'call',
      address: 'a',
      method: 'm',
      params: 1,
      id: 'mine',
      timeoutMs: 500,
    });
    answer.catch(() => undefined);
    const request = decodeRequest(link.letters[0]?.text ?? '');
    assert.ok(request?.kind === 'call');
    assert.equal(request.id, 'mine');
    assert.ok(request.ms <= 500 && request.ms > 400);
    assert.equal(link.letters[0]?.ttlMs, request.ms);
  });

  it('asks again whether a retried call can be delivered until it can', async () => {
    const answer = call('one');
    outbox.detach();
    await link.close();
    const next = new FakeLink();
    outbox.attach(next);
    for (let n = 0; n < 3; n++) {
      while (next.letters.length === n) await setImmediate();
      assert.equal(sent(next)[n], 'probe');
      next.letters[n]?.accept(n === 2);
    }
    while (next.letters.length === 3) await setImmediate();
    assert.equal(sent(next)[3], 'one');
    next.letters[3]?.accept(false);
    await assert.rejects(answer, { code: 'connection_lost' });
  });

  it('does not send what has expired while it was held', async () => {
    outbox.detach();
    const answer = outbox.request({ kind: 'call', address: 'a', method: 'late', params: 1, timeoutMs: 5 });
    await assert.rejects(answer, { code: 'connection_lost' });
    void call('next');
    const other = new FakeLink();
    outbox.attach(other);
    other.letters[0]?.accept();
    await setImmediate();
    assert.deepEqual(sent(other), ['probe', 'next']);
  });

  it('ignores answers that nobody waits for', () => {
    outbox.answer('unknown', '{}');
  });
});
