import type { JSX } from 'preact';
import { CallInfo } from '../call/call-info.tsx';
import { ControlBar } from '../call/control-bar.tsx';
import { Sounds } from '../call/sounds.tsx';
import { Stage } from '../call/stage.tsx';
import { Banner } from '../call/banner.tsx';
import { ChatPanel } from '../panels/chat-panel.tsx';
import { PeoplePanel } from '../panels/people-panel.tsx';
import { SettingsDialog } from '../panels/settings-dialog.tsx';
import { useAppState } from '../ui/context.ts';

export const CallPage = (): JSX.Element => {
  const panel = useAppState((state) => state.panel);
  return (
    <main class={`call ${panel === null ? '' : 'with-panel'}`}>
      <h1 class="visually-hidden">Call</h1>
      <div class="call-top dark">
        <CallInfo />
      </div>
      <div class="call-stage dark">
        <Banner />
        <Stage />
      </div>
      <ChatPanel open={panel === 'chat'} />
      {panel === 'people' && <PeoplePanel />}
      <div class="call-bar dark">
        <ControlBar />
      </div>
      <Sounds />
      <SettingsDialog />
    </main>
  );
};
