import { Field, Radios, type FormErrors } from '../../components/form.tsx';
import type { Ground } from './sending-of.ts';

/** By what right the data leave: a consent with its days, or an emergency with its reason (Spec bundle §3). */
export function GroundFields({ given, errors }: { readonly given: Ground; readonly errors: FormErrors }) {
  return (
    <>
      <h2>By what right it is sent</h2>
      <Radios
        name="ground"
        label="Ground"
        required
        errors={errors}
        values={[given.ground]}
        choices={[
          { value: 'consent', label: 'Consent', hint: 'Given for this hospital and this referral' },
          {
            value: 'break-glass',
            label: 'Emergency without consent',
            hint: 'A reason is needed; both hospitals keep it',
          },
        ]}
      />
      <div class="fields">
        <Field
          name="consentFrom"
          label="Consent from"
          type="date"
          width="medium"
          needed="with consent"
          value={given.consentFrom}
          errors={errors}
        />
        <Field
          name="consentTo"
          label="Consent until"
          type="date"
          width="medium"
          needed="with consent"
          value={given.consentTo}
          errors={errors}
        />
      </div>
      <Radios
        name="givenBy"
        label="Consent given by"
        needed="with consent"
        values={[given.givenBy]}
        choices={[
          { value: 'patient', label: 'The patient' },
          { value: 'representative', label: 'A representative, for a child or somebody who cannot' },
        ]}
      />
      <Field
        name="breakGlassReason"
        label="Reason to send without consent"
        maxlength={500}
        needed="without consent"
        value={given.breakGlassReason}
        errors={errors}
      />
    </>
  );
}
