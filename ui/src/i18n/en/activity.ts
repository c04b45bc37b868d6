/** Activity: the audit log and the switches. */
export const activity = {
  'activity.switches': 'Switches',
  'activity.audit': 'Audit log',
  'activity.who': 'Who',
  'activity.what': 'What',
  'activity.on': 'On what',
  'activity.details': 'Details',
  'activity.empty': 'Nothing has been done yet.',
  'activity.noSwitches': 'No switch yet. Set the model of an agent.',
} as const
