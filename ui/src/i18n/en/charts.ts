/** Charts and meters. */
export const charts = {
  'chart.nothing': 'Nothing is known of this time.',
  'chart.soFar': 'so far',
  'chart.table': 'As a table',
  'meter.warn': 'high',
  'meter.danger': 'too high',
} as const
