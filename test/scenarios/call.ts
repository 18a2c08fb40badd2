import type { ParticipantPage } from '../support/page.ts';

/** Two participants see and hear each other: decoded frames rise, the picture is live, sound arrives. */
export async function seeAndHearEachOther(alice: ParticipantPage, bob: ParticipantPage): Promise<void> {
  await Promise.all([alice.seesLivePicture(bob.user), bob.seesLivePicture(alice.user)]);
  await Promise.all([alice.seesMoreFrames(bob.user, 20), bob.seesMoreFrames(alice.user, 20)]);
  await Promise.all([alice.hearsSound(), bob.hearsSound()]);
}
