import type { JSX } from 'preact';
import { Drawing } from '../../../app/src/ui/icon.tsx';

/* Of the same family as those of the app: 24 px grid, 1.75 px strokes, round ends. */
const paths = {
  overview: 'M4 4.5h6.5v6.5H4z|M13.5 4.5H20v6.5h-6.5z|M4 14h6.5v5.5H4z|M13.5 14H20v5.5h-6.5z',
  rooms: 'M5 20V11a7 7 0 0 1 14 0v9|M9.5 20v-8.5a2.5 2.5 0 0 1 5 0V20|M3 20h18',
  tokens: 'M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8z|M12 11.5h8.5v3.5|M16.5 11.5v2.5',
  revoke: 'M9.8 8.1A4 4 0 1 0 11.6 13|M13.5 11.5h7v3.5|M4.5 4.5l15 15',
  webhooks: 'M4 12h9|M9.5 8l4 4-4 4|M14 5h4.5a1.5 1.5 0 0 1 1.5 1.5v11a1.5 1.5 0 0 1-1.5 1.5H14',
  audit: 'M6 3.5h9l4 4v13H6z|M9.5 11h6|M9.5 14.5h6|M9.5 7.5h2.5',
  eye: 'M2.75 12s3.5-6.25 9.25-6.25S21.25 12 21.25 12s-3.5 6.25-9.25 6.25S2.75 12 2.75 12z|M12 14.75a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5z',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z|M15.25 15.25 20 20',
  plus: 'M12 5v14|M5 12h14',
  trash: 'M4.5 6.5h15|M9 6.5V4.5h6v2|M6.5 6.5l.75 13h9.5l.75-13|M10.25 10v6|M13.75 10v6',
  edit: 'M4.5 19.5l1-4L16 5l3 3L8.5 18.5z|M13.75 7.25l3 3',
  chevron: 'M9 6l6 6-6 6',
  back: 'M15 6l-6 6 6 6',
  copy: 'M8.5 8.5h11v11h-11z|M15.5 8.5v-4h-11v11h4',
  record: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z|M12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  live: 'M12 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z|M8.5 15.5a5 5 0 0 1 0-7|M15.5 8.5a5 5 0 0 1 0 7|M5.75 18.25a8.85 8.85 0 0 1 0-12.5|M18.25 5.75a8.85 8.85 0 0 1 0 12.5',
  pause: 'M9 6.5v11|M15 6.5v11',
  play: 'M8.5 6v12l9.5-6z',
  stop: 'M6.5 6.5h11v11h-11z',
  'sign-out': 'M10 4.5H5.5v15H10|M9.5 12h10.5|M16 8l4 4-4 4',
  retry: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9|M19.5 4.5V9H15',
  open: 'M13 4.5h6.5V11|M19.5 4.5 11 13|M10 6.5H5.5v12h12V14',
} as const;

export type GlyphName = keyof typeof paths;

export const Glyph = ({ name, size = 20 }: { name: GlyphName; size?: number }): JSX.Element => (
  <Drawing path={paths[name]} size={size} />
);
