import type { JSX } from 'preact';
import type { Entry, NamedStream } from './order.ts';
import { fractionOf } from './units.ts';

const percent = (fraction: string): string => `${String(fractionOf(fraction) * 100)}%`;

interface RegionStyle extends Record<string, string> {
  left: string;
  top: string;
  width: string;
  height: string;
}

/** Where a region stands in the picture, and the colour of who is in it. */
export const styleOf = ({ area }: Entry['region'], stream: NamedStream | undefined): RegionStyle => ({
  left: percent(area.left),
  top: percent(area.top),
  width: percent(area.width),
  height: percent(area.height),
  ...(stream?.hue === undefined ? {} : { '--hue': String(stream.hue) }),
});

/** Class of a region; states that are false do not count. */
export const classOf = (stream: NamedStream | undefined, ...states: (string | false)[]): string =>
  ['layout-region', stream === undefined ? 'vacant' : 'filled', ...states.filter(Boolean)].join(' ');

interface FaceProps {
  stream: NamedStream | undefined;
  /** Id of the region. */
  id: string;
  /** Counted from 1. */
  number: number;
}

/** What stands in a region: a name, or the number of an empty one. */
export const Face = ({ stream, id, number }: FaceProps): JSX.Element =>
  stream === undefined ? (
    <span class="layout-empty">{/^\d{1,3}$/u.test(id) ? id : number}</span>
  ) : (
    <span class="layout-name" title={stream.name}>
      {stream.name}
    </span>
  );
