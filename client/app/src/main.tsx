import { render } from 'preact';
import { Root } from './app.tsx';
import { recallPlace } from './call/place.ts';
import { CallSession } from './call/session.ts';
import { LocalMedia } from './media/local-media.ts';
import { recall } from './media/storage.ts';
import { defaultRoom, readParams } from './params.ts';
import { defaultRole, likelySources } from './roles.ts';
import { Store } from './state/store.ts';
import { initialState } from './state/types.ts';
import { AppContext } from './ui/context.ts';
import type { App } from './ui/context.ts';
import './styles/index.css';

const start = async ({ media, controls, params }: App): Promise<void> => {
  const role = params.role ?? defaultRole;
  const { mic, camera } = likelySources(role);
  void media.turn({ mic: mic && params.audio, camera: camera && params.video });
  await controls.join({
    room: params.room || defaultRoom,
    user: params.user || (recall('user') ?? 'Guest'),
    role,
    ...(params.token === undefined ? {} : { token: params.token }),
  });
};

/** Title of the tab and `data-state` of the page follow the call; tests and style sheets read the latter. */
const follow = (store: Store): void => {
  const { connection, screen, room, unread } = store.state;
  document.documentElement.dataset.state = connection;
  const count = unread > 0 ? `(${String(unread)}) ` : '';
  document.title = screen === 'call' ? `${count}${room} · Portico` : 'Portico';
};

const params = readParams(location.search);
const store = new Store({
  ...initialState,
  stage: recall('stage') === 'mixed' ? 'mixed' : 'grid',
  selfView: recall('self-view') === '1',
});
const media = new LocalMedia();
const app: App = { store, media, params, controls: new CallSession(store, media, params) };
store.subscribe(() => {
  follow(store);
});
follow(store);

/** A page that was reloaded in the middle of a call goes back to it. */
const kept = params.token === undefined ? recallPlace(params.room || defaultRoom) : undefined;
const place = params.user === '' || params.user === kept?.user ? kept : undefined;

const enter = async (): Promise<void> => {
  const isBack = place !== undefined && (await app.controls.comeBack(place));
  if (!isBack && params.autojoin) await start(app);
};

const root = document.getElementById('app');
if (root) {
  const direct = params.autojoin || place !== undefined;
  if (direct) store.dispatch({ type: 'joining', room: params.room || defaultRoom, direct });
  render(
    <AppContext.Provider value={app}>
      <Root />
    </AppContext.Provider>,
    root,
  );
  if (direct) void enter();
}
