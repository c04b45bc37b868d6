import './theme/theme.svelte'
import { mount } from 'svelte'
import App from './App.svelte'
import { tongue } from './i18n/index.svelte'
import { session } from './state/session.svelte'

void session.resume()
await tongue.speakAsBefore()
mount(App, { target: document.getElementById('app')! })
