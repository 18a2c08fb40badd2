/*
 * How the picture of a view is divided. Fractions are of its width and height.
 */

/** Fractions as they are asked for: `"1/3"`, `"0"`, or a number from 0 to 1. */
export interface RegionArea {
  left: string | number;
  top: string | number;
  width: string | number;
  height: string | number;
}

/** A part of the picture. */
export interface Region {
  id: string;
  shape: 'rectangle';
  area: RegionArea;
}

/** The same as the room tells it: fractions are always texts like `"1/3"`. */
export interface LayoutRegion extends Region {
  area: Record<keyof RegionArea, string>;
}

/** A region and the id of the stream that is shown there; without one it is empty. */
export interface LayoutEntry {
  readonly stream?: string | undefined;
  readonly region: LayoutRegion;
}

/** What a view shows where, in the order of its regions. */
export type Layout = readonly LayoutEntry[];

/** A layout as it is asked for. Regions without a stream come last; those who are mixed and not named fill them. */
export type WantedLayout = readonly { stream?: string | undefined; region: Region }[];

/** `fluid`: a grid of equal regions; `lecture`: one large region and small ones beside it. */
export type LayoutTemplate = 'fluid' | 'lecture';

/** What decides about the regions of a view; `void`: templates of its own alone; `custom`: regions that somebody set. */
export type LayoutRule = LayoutTemplate | 'void' | 'custom';
