import { isActive } from './media/local-media.ts';
import { mixOf } from './state/mix-selectors.ts';
import type { App } from './ui/context.ts';

/** Typing must not switch anything. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

const inCall = ({ store, controls }: App, key: string): boolean => {
  const { panel, soundBlocked, stage } = store.state;
  const toggle = (name: 'chat' | 'people'): void => {
    store.dispatch({ type: 'panel', panel: panel === name ? null : name });
  };
  switch (key) {
    case 'm':
      controls.toggle('mic');
      return true;
    case 'v':
      controls.toggle('camera');
      return true;
    case 'c':
      toggle('chat');
      return true;
    case 'p':
      toggle('people');
      return true;
    case 'g':
      if (mixOf(store.state) === null) return false;
      controls.mixing.setStage(stage === 'grid' ? 'mixed' : 'grid');
      return true;
    case 'escape':
      if (panel === null || soundBlocked) return false;
      store.dispatch({ type: 'panel', panel: null });
      return true;
    default:
      return false;
  }
};

const beforeCall = ({ media }: App, key: string): boolean => {
  const source = key === 'm' ? 'mic' : key === 'v' ? 'camera' : null;
  if (source === null) return false;
  void media.turn({ [source]: !isActive(media.snapshot, source) });
  return true;
};

/** A menu or dialog has the keys to itself; the browser closes it on Esc. */
const isCovered = (): boolean => document.querySelector('dialog[open], :popover-open') !== null;

/** M, V, C, P, G and Esc; see docs/sample-app.md. */
export const handleKey = (app: App, event: KeyboardEvent): void => {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (isCovered() || (key !== 'escape' && isTyping(event.target))) return;
  const { screen } = app.store.state;
  const done = screen === 'call' ? inCall(app, key) : screen === 'prejoin' && beforeCall(app, key);
  if (done) event.preventDefault();
};
