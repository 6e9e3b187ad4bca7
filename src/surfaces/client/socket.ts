/** The part of the standard WebSocket the client uses. Browsers and Node ≥ 22 have it as a global. */
export interface FeedSocket {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  close(code?: number, reason?: string): void;
}

export type FeedSocketConstructor = new (url: string, protocols: string[]) => FeedSocket;
