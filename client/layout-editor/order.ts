import type { LayoutRegion } from '../../common/contract/layout.ts';

/* Who stands where. Regions are taken in their order, so that empty ones come last; whoever finds none waits. */

/** A region and the stream that is shown there. */
export interface Entry<S extends string = string> {
  readonly stream?: S | undefined;
  readonly region: LayoutRegion;
}

/** A stream that can be shown. */
export interface NamedStream<S extends string = string> {
  readonly id: S;
  readonly name: string;
  /** Colour of its region, 0 to 359. */
  readonly hue?: number | undefined;
}

/** All streams in the order in which they take regions: those that are shown, then those that wait. */
export function orderOf<S extends string>(
  layout: readonly Entry<S>[],
  streams: readonly NamedStream<S>[],
): S[] {
  const known = new Set(streams.map(({ id }) => id));
  const shown = layout.flatMap(({ stream }) => (stream !== undefined && known.has(stream) ? [stream] : []));
  return [...new Set([...shown, ...known])];
}

/** Gives the regions to the streams, in order. */
export const fill = <S extends string>(regions: readonly LayoutRegion[], order: readonly S[]): Entry<S>[] =>
  regions.map((region, index) => {
    const stream = order[index];
    return stream === undefined ? { region } : { stream, region };
  });

/** Two streams change places. */
function exchange<S extends string>(order: readonly S[], one: S, other: S): S[] {
  const [from, to] = [order.indexOf(one), order.indexOf(other)];
  return from < 0 || to < 0 ? [...order] : order.with(from, other).with(to, one);
}

/** Puts a stream into a region; the one that was there takes its place. */
export function place<S extends string>(order: readonly S[], stream: S, index: number): S[] {
  const there = order[Math.min(index, order.length - 1)];
  return there === undefined ? [...order] : exchange(order, stream, there);
}

/** A region is gone: whoever was shown there waits, the others stay where they are. */
export function afterRemoval<S extends string>(order: readonly S[], index: number, regions: number): S[] {
  const stream = order[index];
  if (stream === undefined || index >= regions) return [...order];
  const rest = order.toSpliced(index, 1);
  return rest.toSpliced(Math.min(regions - 1, rest.length), 0, stream);
}

/** A layout with those streams only that are there: others take the places of whoever is gone, empty regions come last. */
export const settle = <S extends string>(
  layout: readonly Entry<S>[],
  streams: readonly NamedStream<S>[],
): Entry<S>[] =>
  fill(
    layout.map(({ region }) => region),
    orderOf(layout, streams),
  );
