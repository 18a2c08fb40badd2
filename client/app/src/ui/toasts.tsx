import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Toast } from '../state/types.ts';
import { useAppState, useDispatch } from './context.ts';
import { Icon } from './icon.tsx';

/** Milliseconds a notice stays: long enough to read it, errors longer. */
const stay = { info: 3500, chat: 6000, warning: 7000, error: 9000 } as const;

const ToastItem = ({ toast }: { toast: Toast }): JSX.Element => {
  const dispatch = useDispatch();
  const dismiss = (): void => {
    dispatch({ type: 'toast-gone', key: toast.key });
  };
  useEffect(() => {
    const timer = setTimeout(dismiss, stay[toast.tone]);
    return () => {
      clearTimeout(timer);
    };
  }, [toast.key]);
  const isProblem = toast.tone === 'warning' || toast.tone === 'error';
  return (
    <li class={`toast ${toast.tone}`}>
      {toast.tone === 'chat' && <Icon name="chat" size={18} />}
      {isProblem && <Icon name="warning" size={18} />}
      <span>{toast.text}</span>
      {isProblem && (
        <button type="button" class="toast-close" aria-label="Dismiss" onClick={dismiss}>
          <Icon name="close" size={16} />
        </button>
      )}
    </li>
  );
};

export const Toasts = (): JSX.Element => {
  const toasts = useAppState((state) => state.toasts);
  return (
    <ul class="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <ToastItem key={toast.key} toast={toast} />
      ))}
    </ul>
  );
};
