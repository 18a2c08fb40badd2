import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { defaultBusOptions } from '../../../common/bus/bus.ts';
import { HeldClaim } from '../../../common/bus/held-claim.ts';
import { Inbox } from '../../../common/bus/inbox.ts';
import { type AddressTools, ServedAddress } from '../../../common/bus/served-address.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { FakeLink, FakeMailbox } from './fake-link.ts';

describe('an address that the broker takes away', () => {
  let forgotten = 0;
  let tools: AddressTools;
  beforeEach(() => {
    forgotten = 0;
    const inbox = new Inbox(defaultBusOptions, silentLogger, () => undefined);
    tools = { inbox, log: silentLogger, forget: () => forgotten++ };
  });
  const handler = (): Promise<unknown> => Promise.resolve();

  it('is served again, also when it is taken for a moment', async () => {
    const link = new FakeLink();
    const served = new ServedAddress('a', handler, tools);
    await served.attach(link);
    link.openErrors.push(new PorticoError('taken', 'x'), new PorticoError('taken', 'x'));
    link.mailboxes[0]?.cancel?.();
    while (link.mailboxes.length < 2) await setImmediate();
    await served.close();
    assert.equal(link.mailboxes[1]?.closed, true);
    assert.equal(forgotten, 1);
  });

  it('is not served again when it has been closed', async () => {
    const link = new FakeLink();
    const served = new ServedAddress('a', handler, tools);
    await served.attach(link);
    await served.close();
    link.mailboxes[0]?.cancel?.();
    await setImmediate();
    assert.equal(link.mailboxes.length, 1);
  });

  it('is given back when it was closed while it was being taken', async () => {
    const link = new FakeLink();
    const served = new ServedAddress('a', handler, tools);
    const attaching = served.attach(link);
    await served.close();
    await attaching;
    assert.equal(link.mailboxes[0]?.closed, true);
  });

  it('is lost when it was a claim', async () => {
    const mailbox = new FakeMailbox();
    const claim = new HeldClaim('a', mailbox, tools);
    await claim.serve(handler);
    mailbox.cancel?.();
    assert.equal(await claim.ended, 'lost');
    assert.equal(forgotten, 1);
    await claim.release();
    assert.equal(mailbox.closed, false);
  });
});
