import { PorticoError } from '../contract/errors.ts';
import type { StreamId } from '../contract/ids.ts';
import type { Layout, LayoutEntry, LayoutRegion, Region, WantedLayout } from '../contract/layout.ts';
import { boxOf, liesInside, overlap, toRegion, type Box } from './box.ts';
import { compare, one, zero } from './rational.ts';

const refuse = (field: string, sentence: string): PorticoError =>
  new PorticoError('bad_request', sentence, { field });

function checkedBox({ id, area }: Region, field: string): Box {
  const box = boxOf(area, `${field}.area`);
  for (const side of ['width', 'height'] as const) {
    if (compare(box[side], zero) > 0) continue;
    throw refuse(`${field}.area.${side}`, `The region '${id}' has no ${side}.`);
  }
  for (const [end, side] of [
    ['right', 'width'],
    ['bottom', 'height'],
  ] as const) {
    if (compare(box[end], one) <= 0) continue;
    throw refuse(
      `${field}.area.${side}`,
      `The region '${id}' reaches beyond the ${end} edge of the picture.`,
    );
  }
  return box;
}

interface Placed {
  region: LayoutRegion;
  box: Box;
}

function place(region: Region, earlier: readonly Placed[], field: string): Placed {
  const box = checkedBox(region, field);
  for (const before of earlier) {
    if (before.region.id === region.id) {
      throw refuse(`${field}.id`, `There are two regions with the id '${region.id}'.`);
    }
    // A picture in the picture lies on top of one that was placed before it.
    if (!overlap(box, before.box) || liesInside(box, before.box)) continue;
    throw refuse(
      `${field}.area`,
      `The regions '${before.region.id}' and '${region.id}' overlap; a region may lie on another only when it is smaller, completely inside and comes later.`,
    );
  }
  return { region: toRegion(region.id, box), box };
}

/**
 * Checks and normalises a set of regions (OWT 8: custom templates, 7.4: layouts): each inside the picture, with an id of its own,
 * none over another except as a picture in the picture.
 *
 * @param options.field path of the list, for errors
 * @param options.path path of the region within its list entry: `.region` in layouts
 * @throws PorticoError bad_request
 */
export function checkRegions(
  regions: readonly Region[],
  { field, path = '' }: { field: string; path?: string },
): LayoutRegion[] {
  const placed: Placed[] = [];
  for (const [index, region] of regions.entries()) {
    placed.push(place(region, placed, `${field}[${index}]${path}`));
  }
  return placed.map(({ region }) => region);
}

interface LayoutCheck {
  /** Whether a stream is an input of the view. */
  isMixed: (stream: StreamId) => boolean;
  /** Path of the layout, for errors. */
  field?: string;
}

function checkStreams(wanted: WantedLayout, isMixed: LayoutCheck['isMixed'], path: string): void {
  const seen = new Set<StreamId>();
  for (const [index, { stream, region }] of wanted.entries()) {
    const field = `${path}[${index}].stream`;
    if (stream === undefined) continue;
    if (seen.size < index) {
      const empty = wanted[seen.size]?.region.id ?? '';
      throw refuse(
        `${path}[${seen.size}].stream`,
        `Stream ID hole is not allowed: the region '${empty}' is empty, and '${region.id}' after it is not.`,
      );
    }
    if (seen.has(stream)) throw refuse(field, `The stream '${stream}' is in two regions.`);
    if (!isMixed(stream)) {
      throw new PorticoError('stream_not_found', `The stream '${stream}' is not mixed into this view.`, {
        field,
      });
    }
    seen.add(stream);
  }
}

/**
 * Checks and normalises a complete layout (OWT 7.4): empty regions last, every stream once and mixed into the view.
 *
 * @throws PorticoError bad_request, stream_not_found; `field` such as `layout[2].region.area`
 */
export function checkLayout(wanted: WantedLayout, { isMixed, field = 'layout' }: LayoutCheck): Layout {
  checkStreams(wanted, isMixed, field);
  const regions = checkRegions(
    wanted.map(({ region }) => region),
    { field, path: '.region' },
  );
  return wanted.map(({ stream }, index): LayoutEntry => {
    const region = regions[index] as LayoutRegion;
    return stream === undefined ? { region } : { stream, region };
  });
}
