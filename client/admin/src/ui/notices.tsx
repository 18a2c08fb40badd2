import { createContext } from 'preact';
import type { ComponentChildren, JSX } from 'preact';
import { useCallback, useContext, useRef, useState } from 'preact/hooks';
import { Icon } from '../../../app/src/ui/icon.tsx';
import { sentence } from '../api/failure.ts';
import { useLive } from '../live/context.ts';

interface Notice {
  key: number;
  tone: 'done' | 'error';
  text: string;
}

/** ms a notice stays: errors longer. */
const stay = { done: 4_000, error: 10_000 } as const;

type Tell = (tone: Notice['tone'], text: string) => void;

const NoticeContext = createContext<Tell>(() => undefined);

/** Shows short notices over everything below it. */
export const Notices = ({ children }: { children: ComponentChildren }): JSX.Element => {
  const [notices, setNotices] = useState<Notice[]>([]);
  const last = useRef(0);
  const dismiss = useCallback((key: number) => {
    setNotices((all) => all.filter((notice) => notice.key !== key));
  }, []);
  const tell = useCallback<Tell>((tone, text) => {
    const key = (last.current += 1);
    setNotices((all) => [...all.slice(-3), { key, tone, text }]);
    setTimeout(() => {
      dismiss(key);
    }, stay[tone]);
  }, []);
  return (
    <NoticeContext.Provider value={tell}>
      {children}
      <ul class="notices" role="status" aria-live="polite">
        {notices.map(({ key, tone, text }) => (
          <li key={key} class={tone}>
            <Icon name={tone === 'done' ? 'check' : 'warning'} size={18} />
            <span>{text}</span>
            <button
              type="button"
              aria-label="Dismiss"
              onClick={() => {
                dismiss(key);
              }}
            >
              <Icon name="close" size={16} />
            </button>
          </li>
        ))}
      </ul>
    </NoticeContext.Provider>
  );
};

export interface Action {
  busy: boolean;
  /** Says that something went well. */
  done: (text: string) => void;
  /** Does something, says how it went, and looks at the server again. Resolves to whether it went well. */
  run: (work: () => Promise<string | undefined>) => Promise<boolean>;
}

export const useAction = (): Action => {
  const tell = useContext(NoticeContext);
  const live = useLive();
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<string | undefined>): Promise<boolean> => {
    setBusy(true);
    try {
      const text = await work();
      if (text !== undefined) tell('done', text);
      return true;
    } catch (error) {
      tell('error', sentence(error));
      return false;
    } finally {
      setBusy(false);
      live.refresh();
    }
  };
  return {
    busy,
    done: (text) => {
      tell('done', text);
    },
    run,
  };
};
