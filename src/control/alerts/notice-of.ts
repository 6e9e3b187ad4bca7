/** Puts an alert into words for channels. Pure. */
import type { Alert } from './alert.ts';
import type { AlertNotice, NoticeKind } from './notice.ts';

export interface Teller {
  readonly runtime: string;
  readonly policyHash: string;
  readonly wallMs: number;
}

export function noticeOf(alert: Alert, kind: NoticeKind, teller: Teller): AlertNotice {
  const { id, rule, component, message, acknowledgedBy, raisedAtMs, resolvedAtMs, escalations } = alert;
  return Object.freeze<AlertNotice>({
    id: kind === 'escalated' ? `${id}-escalated-${escalations + 1}` : `${id}-${kind}`,
    kind,
    alert: id,
    // A test is an incident of its own: a rule of that name may have one.
    key: kind === 'test' ? `${teller.runtime}/${id}` : `${teller.runtime}/${rule.name}/${component}`,
    rule: rule.name,
    severity: rule.severity,
    component,
    message,
    ...(rule.runbook !== undefined && { runbook: rule.runbook }),
    ...(kind === 'acknowledged' && acknowledgedBy !== null && { by: acknowledgedBy }),
    ...(resolvedAtMs !== null && { durationMs: resolvedAtMs - (raisedAtMs ?? resolvedAtMs) }),
    ...teller,
  });
}
