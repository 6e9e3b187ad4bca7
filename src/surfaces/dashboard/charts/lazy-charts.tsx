/** The charts page, loaded when it is first looked at. */
import { useEffect, useState } from 'preact/hooks';
import type { ChartsPage, ChartsPageProps } from './charts-page.tsx';

/** The page, or that there is none yet, or that it could not be had. */
type Loading = { readonly ChartsPage: typeof ChartsPage } | 'loading' | 'failed';

const WORDS = {
  loading: 'Loading the charts …',
  failed: 'The charts could not be loaded. Reload the page to try again.',
} as const;

export function LazyCharts(props: ChartsPageProps) {
  const [loading, became] = useState<Loading>('loading');
  useEffect(() => void import('./charts-page.tsx').then(became, () => became('failed')), []);
  if (typeof loading === 'object') return <loading.ChartsPage {...props} />;
  return (
    <p class="waiting" role="status">
      {WORDS[loading]}
    </p>
  );
}
