import type { JSX } from 'preact';

/* One family: 24 px grid, 1.75 px strokes, round ends and joins, no fills but dots. */
const paths = {
  mic: 'M12 3.5a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0v-5a3 3 0 0 0-3-3z|M5.5 11.5a6.5 6.5 0 0 0 13 0|M12 18v2.75',
  'mic-off':
    'M9 9.2v2.3a3 3 0 0 0 4.5 2.6|M15 10.5v-4a3 3 0 0 0-5.7-1.3|M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3|M18.5 11.5a6.5 6.5 0 0 1-.6 2.7|M12 18v2.75|M4 4l16 16',
  camera: 'M5.5 6.5h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z|M15.5 11l5-3v8l-5-3',
  'camera-off':
    'M10 6.5h3.5a2 2 0 0 1 2 2V12l5-4v8l-1.5-.9|M15.5 15.5a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2h1|M4 4l16 16',
  screen:
    'M4.5 4.5h15a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5z|M8.5 20h7|M12 13.25V8|M9.5 10.25 12 7.75l2.5 2.5',
  'screen-off':
    'M4.5 4.5h15a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5z|M8.5 20h7|M9.75 8.25l4.5 4.5|M14.25 8.25l-4.5 4.5',
  chat: 'M5.5 4.5h13a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H12l-4.5 3.75V16.5h-2a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2z|M8 9h8|M8 12.25h5',
  people:
    'M9 11.25a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5z|M2.75 19.25a6.25 6.25 0 0 1 12.5 0|M15.75 5.1a3.25 3.25 0 0 1 0 5.8|M17.75 13.75a6.25 6.25 0 0 1 3.5 5.5',
  settings:
    'M4 7.5h8.5|M17.5 7.5H20|M15 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z|M4 16.5h2.5|M11.5 16.5H20|M9 19a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  leave:
    'M12 8.75c3.4 0 6.5 1.2 8.7 3.3.8.8 1 2.1.5 3.1l-.6 1.1c-.3.5-.9.8-1.5.6l-2.8-.8c-.6-.2-1-.7-1-1.3v-1.5a11 11 0 0 0-6.6 0v1.5c0 .6-.4 1.1-1 1.3l-2.8.8c-.6.2-1.2-.1-1.5-.6l-.6-1.1c-.5-1-.3-2.3.5-3.1 2.2-2.1 5.3-3.3 8.7-3.3z',
  send: 'M20.5 3.5 10.5 13.5|M20.5 3.5l-6.25 17-3.75-7-7-3.75z',
  close: 'M6 6l12 12|M18 6 6 18',
  check: 'M5 12.75l4.5 4.5L19 7.5',
  link: 'M10 13.5a4 4 0 0 0 5.9.2l3-3a4 4 0 0 0-5.7-5.7l-1.3 1.3|M14 10.5a4 4 0 0 0-5.9-.2l-3 3a4 4 0 0 0 5.7 5.7l1.3-1.3',
  pin: 'M9 4h6|M10 4v5.5L7 13.5v1.25h10V13.5l-3-4V4|M12 14.75V20.5',
  expand: 'M4 9V4.5h4.5|M20 9V4.5h-4.5|M4 15v4.5h4.5|M20 15v4.5h-4.5',
  volume: 'M4 9.5v5h3.5l5 4.25V5.25l-5 4.25z|M15.75 9a4.25 4.25 0 0 1 0 6|M18.25 6.5a7.75 7.75 0 0 1 0 11',
  remove:
    'M10 11.25a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5z|M3.75 19.25a6.25 6.25 0 0 1 12.5 0|M16.5 10.5h5',
  warning: 'M12 4.5 21 19.5H3z|M12 10.25v4|M12 16.9v.01',
  lock: 'M6.5 10.5h11a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z|M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5',
  'signal-off':
    'M12 18.5v.01|M7.75 14.5a6 6 0 0 1 4.6-1.7|M3.5 10a12 12 0 0 1 4.75-3|M12.5 6.25A12 12 0 0 1 20.5 10|M4.5 4.5l15 15',
  rejoin: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9|M19.5 4.5V9H15',
} as const;

export type IconName = keyof typeof paths;

interface DrawingProps {
  /** Paths, with | between them. */
  path: string;
  size?: number;
}

export const Drawing = ({ path, size = 24 }: DrawingProps): JSX.Element => (
  <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {path.split('|').map((part) => (
      <path key={part} d={part} />
    ))}
  </svg>
);

export const Icon = ({ name, size = 24 }: { name: IconName; size?: number }): JSX.Element => (
  <Drawing path={paths[name]} size={size} />
);
