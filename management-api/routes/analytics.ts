import type { Routes } from '../http/api.ts';
import { AnalyticsCreation } from '../schemas/media-requests.ts';
import { addNotOffered } from './not-offered.ts';

/** Analysing streams: checked, and refused as not offered. */
export const analyticsRoutes: Routes = async (api, { parts }) => {
  addNotOffered(api, parts, {
    noun: 'analytics',
    tag: 'Analytics',
    list: true,
    create: AnalyticsCreation,
    remove: true,
  });
};
