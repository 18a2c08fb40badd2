import assert from 'node:assert/strict';
import { watchPage } from '../../../client/sdk/page-watch.ts';
import { clock } from './support/clock.ts';
import { microphone } from './support/fake-media.ts';
import { joined, next } from './support/joined.ts';
import type { Page } from '../../../client/sdk/page-watch.ts';
import type { Setup } from './support/joined.ts';

class FakeConnection extends EventTarget {
  type = 'wifi';
}

class FakeDocument extends EventTarget {
  visibilityState = 'visible';
}

function fakePage() {
  return { window: new EventTarget(), document: new FakeDocument(), connection: new FakeConnection() };
}

const show = (document: FakeDocument, visibilityState: string): void => {
  document.visibilityState = visibilityState;
  document.dispatchEvent(new Event('visibilitychange'));
};

const pageshow = (persisted: boolean): Event => Object.assign(new Event('pageshow'), { persisted });

describe('the page', () => {
  function watched() {
    const page = fakePage();
    const events: string[] = [];
    const stop = watchPage(page satisfies Page, {
      onNetwork: ({ address }) => events.push(address ? 'another address' : 'network'),
      onHide: () => events.push('hide'),
      onShow: () => events.push('show'),
    });
    return { page, events, stop };
  }

  it('tells when the network changes, and whether the address does', () => {
    const { page, events } = watched();
    page.window.dispatchEvent(new Event('online'));
    page.connection.dispatchEvent(new Event('change'));
    page.connection.type = 'cellular';
    page.connection.dispatchEvent(new Event('change'));
    assert.deepEqual(events, ['another address', 'network', 'another address']);
  });

  it('may have slept with its computer when it was hidden for long', async () => {
    clock.start();
    const { page, events } = watched();
    show(page.document, 'hidden');
    await clock.pass(5000);
    show(page.document, 'visible');
    assert.deepEqual(events, []);
    show(page.document, 'hidden');
    await clock.pass(11_000);
    show(page.document, 'visible');
    assert.deepEqual(events, ['network']);
    clock.stop();
  });

  it('goes, and comes back only from the cache of the browser', () => {
    const { page, events, stop } = watched();
    page.window.dispatchEvent(new Event('pagehide'));
    page.window.dispatchEvent(pageshow(false));
    page.window.dispatchEvent(pageshow(true));
    stop();
    page.window.dispatchEvent(new Event('pagehide'));
    assert.deepEqual(events, ['hide', 'show']);
  });
});

describe('a conference in a page', () => {
  let page: ReturnType<typeof fakePage>;

  beforeEach(() => {
    page = fakePage();
    Object.assign(globalThis, { window: page.window, document: page.document });
  });

  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'window');
    Reflect.deleteProperty(globalThis, 'document');
  });

  const goes = (): void => void page.window.dispatchEvent(new Event('pagehide'));
  const returns = (): void => void page.window.dispatchEvent(pageshow(true));

  it('says good-bye for a moment when the page goes, without waiting', async () => {
    const { server } = await joined();
    goes();
    assert.deepEqual(server.said, [{ method: 'logout', input: { returnWithinMs: 5000 } }]);
    server.disconnect();
    assert.equal(server.sockets.length, 1, 'and does not come back by itself');
  });

  it('comes back with a page from the cache', async () => {
    const { conference, server } = await joined();
    goes();
    server.disconnect();
    returns();
    await next(conference, 'state');
    assert.equal(conference.state, 'connected');
    assert.equal(server.seen('relogin').length, 1);
  });

  it('comes back also when its connection looks as if nothing had happened', async () => {
    const { conference, server } = await joined();
    goes();
    returns();
    assert.equal(conference.state, 'reconnecting');
    await next(conference, 'state');
    assert.equal(server.seen('relogin').length, 1);
    assert.equal(server.sockets[0]?.closed, true);
  });

  it('says nothing when the application does not want it', async () => {
    const { server } = await joined(undefined, { leaveOnPageHide: false });
    goes();
    assert.deepEqual(server.said, []);
  });

  it('looks for a portal at once when the network is back', async () => {
    const { server } = await joined();
    server.reach = () => 'silent';
    server.disconnect();
    const before = server.sockets.length;
    page.window.dispatchEvent(new Event('online'));
    assert.equal(server.sockets.length, before + 1);
  });

  it('lets its connection prove itself and its transports look for a path when the network is another one', async () => {
    const { conference, server, handlers }: Setup = await joined();
    await conference.publish({ audio: microphone() });
    handlers[0]?.setConnectionState('connected');
    page.window.dispatchEvent(new Event('online'));
    await server.asked('resync');
    const { transportId } = await server.asked('restartIce');
    assert.equal(transportId, 'transport-1', 'the one that is used');
    assert.equal(server.seen('restartIce').length, 1);
    assert.equal(conference.state, 'connected');
  });

  it('has nothing more to do with it when it is over', async () => {
    const { conference, server } = await joined();
    await conference.leave();
    goes();
    assert.deepEqual(server.said, []);
  });
});
