import type { Routes } from '../http/api.ts';
import { MediaSubscriptionPatch, RecordingCreation } from '../schemas/media-requests.ts';
import { addNotOffered } from './not-offered.ts';

/** Recording streams: checked, and refused as not offered. */
export const recordingRoutes: Routes = async (api, { parts }) => {
  addNotOffered(api, parts, {
    noun: 'recordings',
    tag: 'Recordings',
    list: true,
    create: RecordingCreation,
    change: MediaSubscriptionPatch,
    remove: true,
  });
};
