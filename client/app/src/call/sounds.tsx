import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { audibleStreams } from '../state/selectors.ts';
import { useAppState, useDispatch } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { StreamAudio } from '../ui/media.tsx';

/** Asks for the touch without which some browsers let no page be heard. */
const TapToHear = ({ onTap }: { onTap: () => void }): JSX.Element => (
  <button type="button" class="tap-to-hear" onClick={onTap}>
    <span class="tap-card">
      <Icon name="volume" size={36} />
      <strong>Tap to hear the call</strong>
      <span>Your browser keeps the sound off until you do.</span>
    </span>
  </button>
);

/** Sound of everybody, apart from the tiles. */
export const Sounds = (): JSX.Element => {
  const state = useAppState((all) => all);
  const blocked = state.soundBlocked;
  const dispatch = useDispatch();
  const box = useRef<HTMLDivElement>(null);
  const playAll = (): void => {
    for (const element of box.current?.querySelectorAll('audio') ?? []) element.play().catch(() => {});
    dispatch({ type: 'sound-blocked', blocked: false });
  };
  return (
    <>
      <div ref={box} hidden>
        {audibleStreams(state).map((stream) => (
          <StreamAudio key={stream.id} stream={stream} />
        ))}
      </div>
      {blocked && <TapToHear onTap={playAll} />}
    </>
  );
};
