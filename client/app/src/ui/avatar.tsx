import type { JSX } from 'preact';
import { hueOf, initials } from './names.ts';

/** Initials on the colour of a person. */
export const Avatar = ({ id, name }: { id: string; name: string }): JSX.Element => (
  <span class="avatar" style={{ '--hue': String(hueOf(id)) }} aria-hidden="true">
    {initials(name)}
  </span>
);
