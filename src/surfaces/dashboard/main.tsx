/** Where the page begins: the door to preact. */
import { render } from 'preact';
import { live } from './live.ts';
import { Page } from './page.tsx';
import { takeToken } from './token.ts';

render(<Page {...live(location.origin, takeToken(window))} />, document.getElementById('page') as HTMLElement);
