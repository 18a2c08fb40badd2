import type { JSX } from 'preact';

/** The mark: an arch inside an arch, the way into a room. */
export const Mark = ({ size = 28 }: { size?: number }): JSX.Element => (
  <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="mark-outer" d="M5 27V14.5a11 11 0 0 1 22 0V27h-5V14.5a6 6 0 0 0-12 0V27z" />
    <path class="mark-inner" d="M13 27V15a3 3 0 0 1 6 0v12z" />
  </svg>
);

/** Mark and name together. */
export const Wordmark = (): JSX.Element => (
  <span class="wordmark">
    <Mark />
    <span>Portico</span>
  </span>
);
