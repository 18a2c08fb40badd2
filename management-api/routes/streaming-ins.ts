import type { Routes } from '../http/api.ts';
import { StreamingInCreation } from '../schemas/media-requests.ts';
import { addNotOffered } from './not-offered.ts';

/** Taking streams in from URLs: checked, and refused as not offered. */
export const streamingInRoutes: Routes = async (api, { parts }) => {
  addNotOffered(api, parts, {
    noun: 'streaming-ins',
    tag: 'Streaming',
    list: true,
    create: StreamingInCreation,
    remove: true,
  });
};
