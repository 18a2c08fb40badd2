import type { AppState, ToastTone } from './types.ts';

const maxToasts = 3;

/** Adds a short notice; the oldest goes when there are too many. */
export const withToast = (state: AppState, tone: ToastTone, text: string): AppState => ({
  ...state,
  toasts: [...state.toasts, { key: state.nextToast, tone, text }].slice(-maxToasts),
  nextToast: state.nextToast + 1,
});
