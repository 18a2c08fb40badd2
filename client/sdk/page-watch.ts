/** What a browser's window, document and connection have in common. */
type Listened = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/** The page as the SDK sees it; in Node there is nothing of it. */
export interface Page {
  window: Listened;
  document: Listened & { readonly visibilityState: string };
  /** Network Information API; not in every browser. */
  connection?: (Listened & { readonly type?: string }) | undefined;
}

export interface PageListeners {
  /** The network may be another one, or back. `address`: our address has probably changed. */
  onNetwork: (change: { address: boolean }) => void;
  /** The page goes away, for good or into the browser's cache. */
  onHide: () => void;
  /** It comes back from that cache. */
  onShow: () => void;
}

/** Hidden for so long, a page may have slept with its computer, ms. */
const sleptMs = 10_000;

/** Undefined where there is no page. */
export function thisPage(): Page | undefined {
  const { window, document, navigator } = globalThis as Partial<typeof globalThis>;
  if (window === undefined || document === undefined) return undefined;
  return { window, document, connection: (navigator as { connection?: Page['connection'] }).connection };
}

/** Tells what happens to the page and its network. Returns a function that ends it. */
export function watchPage({ window, document, connection }: Page, listeners: PageListeners): () => void {
  let hiddenAt = Infinity;
  let type = connection?.type;
  const events: [Listened, string, (event: Event) => void][] = [
    [
      window,
      'online',
      () => {
        listeners.onNetwork({ address: true });
      },
    ],
    [
      window,
      'pagehide',
      () => {
        listeners.onHide();
      },
    ],
    [
      window,
      'pageshow',
      (event) => {
        if ((event as PageTransitionEvent).persisted) listeners.onShow();
      },
    ],
    [
      document,
      'visibilitychange',
      () => {
        const visible = document.visibilityState === 'visible';
        if (visible && Date.now() - hiddenAt > sleptMs) listeners.onNetwork({ address: false });
        hiddenAt = visible ? Infinity : Date.now();
      },
    ],
  ];
  if (connection !== undefined) {
    const changed = (): void => {
      // It also tells every new estimate of the speed; another kind of network is another address.
      const address = connection.type !== type;
      type = connection.type;
      listeners.onNetwork({ address });
    };
    events.push([connection, 'change', changed]);
  }
  for (const [target, name, listener] of events) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of events) target.removeEventListener(name, listener);
  };
}
