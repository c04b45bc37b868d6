import type { charts as en } from '../en/charts'

export const charts: Record<keyof typeof en, string> = {
  'chart.nothing': '这段时间没有已知数据。',
  'chart.soFar': '至今',
  'chart.table': '以表格查看',
  'meter.warn': '偏高',
  'meter.danger': '过高',
}
