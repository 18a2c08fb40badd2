import type { Routes } from '../http/api.ts';
import { CascadingCreation } from '../schemas/media-requests.ts';
import { addNotOffered } from './not-offered.ts';

/** Bridges to other clusters: checked, and refused as not offered. */
export const bridgeRoutes: Routes = async (api, { parts }) => {
  addNotOffered(api, parts, { noun: 'cascading', tag: 'Cascading', create: CascadingCreation });
  addNotOffered(api, parts, { noun: 'bridges', tag: 'Cascading', list: true });
};
